import { expect, test } from "vitest";
import { type StampedEvent, summarizeEvents } from "./bot-status.ts";
import { describeWork } from "./problems.ts";
import { findWaiting, formatWaitingIssue } from "./waiting.ts";

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
const event = (second: number, fields: object): StampedEvent =>
  ({ time: at(second), by: "dev", ...fields }) as StampedEvent;
const seen = (second: number, ...waiting: { issue: number; because: string }[]) =>
  event(second, { type: "queue.seen", project: "shop", waiting });
const backlog = (issue: number) => ({
  project: "shop",
  issue,
  title: `Issue ${issue}`,
  createdAt: at(0),
});

test("a reason that stays is told with the time when it came up, a new one with its own", () => {
  const status = summarizeEvents([
    seen(1, { issue: 3, because: "it depends on #2" }),
    seen(2, { issue: 3, because: "it depends on #2" }, { issue: 4, because: "main is red" }),
    seen(3, { issue: 3, because: "it depends on #1" }, { issue: 4, because: "main is red" }),
  ]);

  expect(status.queue.shop).toEqual([
    { issue: 3, because: "it depends on #1", since: at(3) },
    { issue: 4, because: "main is red", since: at(2) },
  ]);
});

test("every issue of the backlog that no bot is at says why it waits, and since when", () => {
  const idle = summarizeEvents([seen(5, { issue: 3, because: "eve may not write code here" })]);
  const busy = summarizeEvents([
    seen(1, { issue: 3, because: "it is locked" }),
    event(2, { type: "state.entered", at: "coding", project: "shop", issue: 7 }),
  ]);
  const slotless = summarizeEvents([
    event(1, { type: "state.entered", at: "coding", project: "shop", issue: 8 }),
    event(4, { type: "slot.waiting", backend: "http://model" }),
  ]);

  const found = findWaiting([3, 7, 8, 9].map(backlog), [busy, idle, slotless]);

  expect(found.map(formatWaitingIssue)).toEqual([
    "issue #3 of shop waits since 2026-01-01 00:00:05 (Issue 3): eve may not write code here",
    "issue #8 of shop waits since 2026-01-01 00:00:04 (Issue 8): its bot waits for a free slot of the model's server",
    "issue #9 of shop waits since 2026-01-01 00:00:00 (Issue 9): no bot has been free to take it",
  ]);
  expect(describeWork(slotless)).toBe(
    "coding #8 since 2026-01-01 00:00:01, waits for a free slot since 2026-01-01 00:00:04",
  );
});

test("a slot that was got is waited for no more", () => {
  const status = summarizeEvents([
    event(1, { type: "slot.waiting", backend: "m" }),
    event(2, { type: "slot.taken", backend: "m", slot: 0, waitedMs: 1000 }),
  ]);

  expect(status.slotWait).toBeUndefined();
});
