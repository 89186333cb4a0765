import { expect, test } from "vitest";
import { type StampedEvent, summarizeEvents } from "../../core/bot-status.ts";
import { findWaiting } from "../../core/waiting.ts";
import { formatWaiting, type WaitingReason } from "./choose.ts";

const reasons: readonly (readonly [WaitingReason, string])[] = [
  [{ type: "blocked" }, "it has the label blocked; its last comment says why"],
  [{ type: "locked" }, "it is locked"],
  [{ type: "other-role", label: "human" }, "the label human reserves it for another role"],
  [
    { type: "untrusted", author: "eve" },
    "eve may not write code here, and no trusted person has approved its text as it stands (disinto approve)",
  ],
  [
    { type: "untrusted", author: "" },
    "its author may not write code here, and no trusted person has approved its text as it stands (disinto approve)",
  ],
  [{ type: "depends", on: [2, 3] }, "it depends on #2, #3"],
  [
    { type: "cycle", through: [2, 1] },
    "it depends on itself, through #2, #1; take one of these dependencies out",
  ],
  [{ type: "missing", dependency: 9 }, "it depends on #9, which does not exist; correct its text"],
  [{ type: "held", reason: "main is red at m: test" }, "main is red at m: test"],
];

test.each(reasons)(
  "%j is told by status and by disinto issue, with the time since when",
  (reason, text) => {
    const events = [
      { type: "queue.seen", project: "shop", waiting: [{ issue: 1, because: "it is new" }] },
      {
        type: "queue.seen",
        project: "shop",
        waiting: [{ issue: 1, because: formatWaiting(reason) }],
      },
      {
        type: "queue.seen",
        project: "shop",
        waiting: [{ issue: 1, because: formatWaiting(reason) }],
      },
    ].map((event, second) => ({ ...event, by: "ada", time: `2026-01-01T00:00:0${second}Z` }));
    const listed = { project: "shop", issue: 1, title: "Tea", createdAt: "2025-12-31T00:00:00Z" };

    const waiting = findWaiting([listed], [summarizeEvents(events as unknown as StampedEvent[])]);

    expect(waiting).toEqual([
      { project: "shop", issue: 1, title: "Tea", because: text, since: "2026-01-01T00:00:01Z" },
    ]);
  },
);

test("an issue of another project with the same number, or one that a bot is at, is not told as waiting", () => {
  const coding = { type: "state.entered", at: "coding", project: "shop", issue: 1 };
  const status = summarizeEvents([
    { ...coding, by: "ada", time: "2026-01-01T00:00:00Z" } as unknown as StampedEvent,
  ]);
  const listed = { issue: 1, title: "Tea", createdAt: "2025-12-31T00:00:00Z" };

  expect(findWaiting([{ project: "shop", ...listed }], [status])).toEqual([]);
  expect(findWaiting([{ project: "bar", ...listed }], [status])).toMatchObject([
    { project: "bar", because: "no bot has been free to take it", since: listed.createdAt },
  ]);
});
