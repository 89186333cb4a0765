import { expect, test } from "vitest";
import type { State } from "./machine.ts";
import { describeTurn } from "./turn-events.ts";
import type { PublishedWork } from "./work.ts";

const work: PublishedWork = {
  project: "shop",
  issue: 7,
  title: "Add tea",
  counters: { ciFixes: 1 },
  pin: "p",
  head: "a".repeat(40),
  pull: 8,
};
const idle: State = { at: "choosing" };

test("a claim, and a charge of the budget that sent the work back, are events of their own", () => {
  const back = { ...work, counters: { ciFixes: 2 }, feedback: "test is red" };

  expect(describeTurn(idle, { at: "preparing", work }).map(({ type }) => type)).toEqual([
    "issue.claimed",
    "state.entered",
  ]);
  expect(describeTurn({ at: "checking", work }, { at: "preparing", work: back })).toEqual([
    { type: "budget.charged", project: "shop", issue: 7, cause: "ciFixes", spent: 2 },
    {
      type: "state.entered",
      at: "preparing",
      project: "shop",
      issue: 7,
      pull: 8,
      reason: "test is red",
    },
  ]);
});

test("a merge that was read back names the commit, and the end of an issue releases it", () => {
  expect(describeTurn({ at: "merging", work }, { at: "closing", work })[0]).toEqual({
    type: "pull.merged",
    project: "shop",
    issue: 7,
    pull: 8,
    sha: work.head,
  });
  expect(describeTurn({ at: "closing", work }, idle)).toEqual([
    { type: "issue.released", project: "shop", issue: 7 },
  ]);
});

test("work that stops short of its end has lost its lease, which is told beside the release", () => {
  expect(describeTurn({ at: "merging", work }, idle).map(({ type }) => type)).toEqual([
    "lease.lost",
    "issue.released",
  ]);
});

test("a look that found nothing to do is no event", () => {
  expect(describeTurn(idle, idle)).toEqual([]);
});
