import { expect, test } from "vitest";
import type { Issue } from "../../ports/forge.ts";
import {
  findWaitingReason,
  formatWaiting,
  type IssueConditions,
  isTrustedAuthor,
  orderCandidates,
} from "./choose.ts";

function issue(number: number, facts: Partial<Issue> = {}): Issue {
  return {
    number,
    title: `Issue ${number}`,
    body: "",
    author: "ada",
    state: "open",
    labels: ["backlog"],
    assignees: [],
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    ...facts,
  };
}

const calm: IssueConditions = {
  leased: new Set(),
  trusted: ["ada"],
  isApproved: false,
  openDependencies: [],
  held: undefined,
};

test("priority comes first, then the oldest; what is not in the backlog is no candidate", () => {
  const issues = [
    issue(4),
    issue(3),
    issue(9, { labels: ["backlog", "priority"] }),
    issue(1, { labels: ["priority"] }),
  ];

  expect(orderCandidates(issues).map(({ number }) => number)).toEqual([9, 3, 4]);
});

test("an issue is trusted for its author, whose name has no case, or for its approval", () => {
  expect(isTrustedAuthor(issue(1, { author: "Ada" }), ["bob", "ada"])).toBe(true);
  expect(isTrustedAuthor(issue(1, { author: "eve" }), ["bob", "ada"])).toBe(false);
  expect(isTrustedAuthor(issue(1, { author: "eve", labels: ["disinto/approved"] }), [])).toBe(
    false,
  );
  expect(isTrustedAuthor(issue(1, { author: "" }), ["ada"])).toBe(false);
});

test("each issue that waits says why, and one that can be claimed does not", () => {
  const why = (facts: Partial<Issue>, now: Partial<IssueConditions> = {}): string => {
    const waiting = findWaitingReason(issue(7, facts), { ...calm, ...now });
    return waiting ? formatWaiting(waiting) : "ready";
  };

  expect(why({})).toBe("ready");
  expect(why({}, { leased: new Set([7]) })).toBe("a bot works on it");
  expect(why({ labels: ["backlog", "blocked"] })).toMatch(/label blocked/);
  expect(why({ labels: ["backlog", "vision"] })).toMatch(/vision reserves/);
  expect(why({ labels: ["backlog", "prediction/unreviewed"] })).toMatch(/prediction/);
  expect(why({ author: "eve" })).toMatch(/eve may not write.*no trusted person has approved/);
  expect(why({}, { openDependencies: [3, 5] })).toBe("it depends on #3, #5");
  expect(why({}, { openDependencies: [3], cycle: [3, 5] })).toMatch(/on itself, through #3, #5/);
  expect(why({}, { openDependencies: [9], missingDependency: 9 })).toMatch(/#9, which does not/);
  expect(why({ isLocked: true })).toBe("it is locked");
  expect(why({}, { held: "main is red" })).toBe("main is red");
});
