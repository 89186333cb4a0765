import { expect, test } from "vitest";
import { deriveMaxGap, Observations } from "./expiry.ts";

const ref = "refs/disinto/claims/1";

function observe(gapMs: number) {
  let nowMs = 1_000_000;
  const clock = { monotonicMs: () => nowMs, now: () => new Date(0), sleep: async () => undefined };
  const observations = new Observations(clock, gapMs);
  /** A reading that begins after `afterMs` and takes `tookMs`. */
  const read = (afterMs: number, refs: Readonly<Record<string, string>>, tookMs = 0): void => {
    const startedAtMs = nowMs + afterMs;
    nowMs = startedAtMs + tookMs;
    observations.note({ refs: new Map(Object.entries(refs)), startedAtMs, isComplete: true });
  };
  return { read, seen: (sha: string) => observations.unchangedForMs(ref, sha) };
}

test("only the time between two readings close together counts, and what was counted stays", () => {
  const { read, seen } = observe(30_000);
  read(0, { [ref]: "a" });
  read(30_000, { [ref]: "a" });
  read(30_001, { [ref]: "a" });
  read(10_000, { [ref]: "a" });

  expect(seen("a")).toBe(40_000);
});

test("a slow reading counts from the end of the one before to its own start", () => {
  const { read, seen } = observe(30_000);
  read(0, { [ref]: "a" }, 20_000);
  read(10_000, { [ref]: "a" }, 500_000);
  read(5_000, { [ref]: "a" });

  expect(seen("a")).toBe(15_000);
});

test("a renewal, and a release, begin anew", () => {
  const { read, seen } = observe(30_000);
  read(0, { [ref]: "a" });
  read(20_000, { [ref]: "a" });
  read(20_000, { [ref]: "b" });

  expect([seen("a"), seen("b")]).toEqual([0, 0]);
  read(10_000, { [ref]: "b" });
  read(10_000, {});
  expect(seen("b")).toBe(0);
});

test("a branch is no lease", () => {
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs, now: () => new Date(0), sleep: async () => undefined };
  const observations = new Observations(clock, 30_000);
  for (nowMs of [0, 10_000])
    observations.note({
      refs: new Map([["refs/heads/main", "a"]]),
      startedAtMs: nowMs,
      isComplete: true,
    });

  expect(observations.unchangedForMs("refs/heads/main", "a")).toBe(0);
});

test("the allowed gap follows the poll interval and never exceeds a third of the term", () => {
  const minutes = (count: number): number => count * 60_000;

  expect(deriveMaxGap(minutes(15), 1_000)).toBe(30_000);
  expect(deriveMaxGap(minutes(15), minutes(1))).toBe(minutes(3));
  expect(deriveMaxGap(minutes(15), minutes(10))).toBe(minutes(5));
  expect(deriveMaxGap(3_000, 1_000)).toBe(1_000);
});
