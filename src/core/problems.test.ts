import { expect, test } from "vitest";
import { type StampedEvent, summarizeEvents } from "./bot-status.ts";
import { describeBlocked, describeWork, findOpenBreakers } from "./problems.ts";

function stamp(second: number, event: Record<string, unknown>): StampedEvent {
  return {
    ...event,
    by: "ada",
    time: `2026-01-01T12:00:0${second}.000Z`,
  } as unknown as StampedEvent;
}

const opened = { type: "breaker.opened", breaker: "primary:shop", reason: "main is red" };

test("a breaker that every bot sees is one problem, since the first of them saw it", () => {
  const statuses = [2, 1].map((second) => summarizeEvents([stamp(second, opened)]));

  expect(findOpenBreakers(statuses)).toEqual([
    { kind: "breaker", text: "primary:shop is broken since 2026-01-01 12:00:01: main is red" },
  ]);
});

test("a blocked issue comes with the newest reason that a bot gave for it", () => {
  const entered = { type: "state.entered", at: "blocked", project: "shop", issue: 7 };
  const events = [
    stamp(2, { ...entered, reason: "the tests stay red\nlong log" }),
    stamp(1, { ...entered, reason: "older" }),
    stamp(3, { ...entered, issue: 8, reason: "another" }),
  ];

  const [first, second] = describeBlocked(
    [
      { project: "shop", issue: 7, title: "Add tea" },
      { project: "bar", issue: 7, title: "Add rum" },
    ],
    events,
  );

  expect(first?.text).toBe("issue #7 of shop is blocked (Add tea): the tests stay red");
  expect(second?.text).toBe("issue #7 of bar is blocked (Add rum): its last comment says why");
});

test("what a bot does is its state, its issue and since when", () => {
  const coding = { type: "state.entered", at: "coding", project: "shop", issue: 7 };

  expect(describeWork(summarizeEvents([stamp(4, coding)]))).toBe(
    "coding #7 since 2026-01-01 12:00:04",
  );
  expect(describeWork(summarizeEvents([]))).toBe("");
});
