import { expect, test } from "vitest";
import { deriveProgressLimit, Progress } from "./progress.ts";

const minutes = (count: number) => count * 60_000;

function watch(limitMs: number) {
  let nowMs = 0;
  const clock = { now: () => new Date(0), monotonicMs: () => nowMs, sleep: async () => undefined };
  const progress = new Progress(clock, limitMs);
  const pass = (ms: number): boolean => {
    nowMs += ms;
    return progress.isStuck;
  };
  return { progress, pass };
}

test("a bot is stuck when nothing came for longer than its limit, and well again when something does", () => {
  const { progress, pass } = watch(minutes(20));

  expect(pass(minutes(20))).toBe(false);
  expect(pass(1)).toBe(true);
  progress.note();
  expect(pass(minutes(20))).toBe(false);
});

test("the limit is longer than a silent harness, a poll and a lease may take", () => {
  const short = { pollIntervalMs: 1, silenceMs: 1, termMs: 1 };
  expect(deriveProgressLimit({ ...short, silenceMs: minutes(30) })).toBe(minutes(31));
  expect(deriveProgressLimit({ ...short, pollIntervalMs: minutes(60) })).toBe(minutes(121));
  expect(deriveProgressLimit({ ...short, termMs: minutes(40) })).toBe(minutes(41));
  expect(deriveProgressLimit(short)).toBe(minutes(16));
});
