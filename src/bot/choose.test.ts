import { expect, test } from "vitest";
import type { Issue } from "../ports/forge.ts";
import { isTrusted, orderCandidates } from "./choose.ts";

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

test("priority comes first, then the oldest; what is leased or blocked is no candidate", () => {
  const issues = [
    issue(1, { labels: ["backlog", "blocked"] }),
    issue(4),
    issue(3),
    issue(9, { labels: ["priority"] }),
    issue(2),
  ];

  expect(orderCandidates(issues, new Set([2])).map(({ number }) => number)).toEqual([9, 3, 4]);
});

test("an issue is trusted for its author, whose name has no case, or for its approval", () => {
  expect(isTrusted(issue(1, { author: "Ada" }), ["bob", "ada"])).toBe(true);
  expect(isTrusted(issue(1, { author: "eve" }), ["bob", "ada"])).toBe(false);
  expect(isTrusted(issue(1, { author: "eve", labels: ["disinto/approved"] }), [])).toBe(true);
  expect(isTrusted(issue(1, { author: "" }), ["ada"])).toBe(false);
});
