import { expect, test } from "vitest";
import type { StampedEvent } from "./bot-status.ts";
import { buildIssueHistory, formatEvent } from "./issue-history.ts";

const shop = { project: "shop", issue: 7 };

function stamp(time: number, by: string, event: Record<string, unknown>): StampedEvent {
  return { ...event, by, time: `2026-01-01T12:00:0${time}.000Z` } as unknown as StampedEvent;
}

const story = [
  stamp(3, "reviewer", {
    type: "pull.reviewed",
    project: "shop",
    pull: 8,
    sha: "abc",
    verdict: "approved",
  }),
  stamp(1, "ada", { type: "issue.claimed", ...shop, title: "Add tea" }),
  stamp(2, "ada", { type: "state.entered", ...shop, at: "checking", pull: 8 }),
  stamp(4, "ci", {
    type: "ci.finished",
    project: "shop",
    sha: "abc",
    context: "test",
    state: "success",
  }),
];

test("the story has the issue's own events, its reviews and its CI runs, in the order of time", () => {
  const others = [
    stamp(2, "ada", { type: "issue.claimed", project: "shop", issue: 9, title: "Add milk" }),
    stamp(2, "eve", { type: "issue.claimed", project: "bar", issue: 7, title: "Add rum" }),
    stamp(3, "reviewer", {
      type: "pull.reviewed",
      project: "bar",
      pull: 8,
      sha: "def",
      verdict: "approved",
    }),
    stamp(4, "ci", {
      type: "ci.finished",
      project: "shop",
      sha: "fff",
      context: "test",
      state: "failure",
    }),
  ];

  const { events, pull } = buildIssueHistory([...story, ...others], shop);

  expect(pull).toBe(8);
  expect(events.map(({ type, by }) => [type, by])).toEqual([
    ["issue.claimed", "ada"],
    ["state.entered", "ada"],
    ["pull.reviewed", "reviewer"],
    ["ci.finished", "ci"],
  ]);
});

test("an event is one line for people", () => {
  expect(buildIssueHistory(story, shop).events.map(formatEvent).join("\n")).toMatchInlineSnapshot(`
    "2026-01-01 12:00:01  ada           issue.claimed
    2026-01-01 12:00:02  ada           state.entered  checking  pull request #8
    2026-01-01 12:00:03  reviewer      pull.reviewed  pull request #8  abc  approved
    2026-01-01 12:00:04  ci            ci.finished  abc  test  success"
  `);
});
