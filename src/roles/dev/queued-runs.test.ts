import { expect, test } from "vitest";
import type { BotEvent } from "../../ports/event-log.ts";
import { lookForAnswers, type MissingWait, QUEUED_MS, WaitMemory } from "./missing-answers.ts";

const context = "ci/woodpecker/pr/test";

/** Looks at these times; each look finds the run queued or running. */
async function look(looks: readonly (readonly [atMs: number, isQueued: boolean])[]) {
  const told: BotEvent[] = [];
  const memory = new WaitMemory(0);
  for (const [atMs, isQueued] of looks) {
    const answer = { context, kind: "under-way", isQueued, log: "pipeline 7 waits" } as const;
    const tools = {
      clock: { monotonicMs: () => atMs },
      pollIntervalMs: 1,
      events: { append: (event: BotEvent) => told.push(event) },
    };
    const work = { project: "shop", issue: 1, pull: 2, head: "aa" };
    const wait = { target: { ci: { findMissing: async () => [answer] } }, work, memory };
    const end = await lookForAnswers(tools as never, wait as unknown as MissingWait, [context]);
    expect(end).toBeUndefined();
  }
  return told;
}

test("a run that no agent of the CI takes for ten minutes is told once", async () => {
  const [first, ...others] = await look([
    [10, true],
    [QUEUED_MS + 9, true],
    [QUEUED_MS + 10, true],
    [QUEUED_MS * 3, true],
  ]);

  expect(others).toEqual([]);
  expect(first).toEqual({
    type: "ci.silent",
    project: "shop",
    issue: 1,
    pull: 2,
    sha: "aa",
    context,
    reason: "no agent of the CI has taken its run for 10 minutes",
    lacks: "agent",
  });
});

test("a run that is taken meanwhile is not told, nor is one that is queued anew", async () => {
  expect(
    await look([
      [10, true],
      [QUEUED_MS, false],
      [QUEUED_MS + 10, true],
      [QUEUED_MS * 2, true],
    ]),
  ).toEqual([]);
});
