import { expect, test } from "vitest";
import { NO_USAGE } from "../ports/harness.ts";
import { type Activities, type At, type Outcome, type State, turn } from "./machine.ts";
import type { PublishedWork } from "./work.ts";

const budget = {
  attempts: 2,
  ciFixes: 2,
  reviewRounds: 2,
  infrastructureRetries: 2,
  mergeAttempts: 2,
};
const work = { project: "greeter", issue: 7, title: "Say goodbye", counters: {}, pin: "p" };
const prepared = { ...work, base: "b", start: "b", head: undefined };
const published: PublishedWork = { ...work, head: "h", pull: 8 };

type Script = { readonly [A in At]: readonly Outcome<A>[] };

const smooth: Script = {
  choosing: [{ type: "claimed", work }],
  preparing: [{ type: "ready", work: prepared }],
  coding: [{ type: "changed", tree: "t", committedAt: "2026-01-01T00:00:00Z", usage: NO_USAGE }],
  publishing: [{ type: "published", work: published }],
  checking: [{ type: "green" }],
  reviewing: [{ type: "approved" }],
  merging: [{ type: "merged" }],
  closing: [{ type: "closed" }],
  blocked: [{ type: "reported" }],
  withdrawing: [{ type: "withdrawn-from" }],
};

/** The states passed through until the bot is idle again; the last outcome of each state repeats. */
async function trail(changes: Partial<Script>): Promise<readonly string[]> {
  const script = { ...smooth, ...changes };
  const calls = new Map<At, number>();
  const play = async (at: At, state: State): Promise<Outcome<At>> => {
    const call = calls.get(at) ?? 0;
    calls.set(at, call + 1);
    const outcome = script[at][Math.min(call, script[at].length - 1)];
    if (!outcome) throw new Error(`no outcome for ${at}`);
    // As in life, what an activity learned goes with the counters that the work had.
    if (!("work" in outcome) || !("work" in state)) return outcome;
    return { ...outcome, work: { ...outcome.work, counters: state.work.counters } } as Outcome<At>;
  };
  const activities = Object.fromEntries(
    (Object.keys(smooth) as At[]).map((at) => [at, (state: State) => play(at, state)]),
  ) as unknown as Activities;
  const seen: string[] = [];
  let state: State = { at: "choosing" };
  do {
    state = await turn(state, { activities, budget }, new AbortController().signal);
    seen.push(state.at === "blocked" ? `blocked: ${state.reason}` : state.at);
  } while (state.at !== "choosing");
  return seen;
}

const path = ["preparing", "coding", "publishing", "checking"];

test("a smooth issue passes each state once", async () => {
  expect(await trail({})).toEqual([...path, "reviewing", "merging", "closing", "choosing"]);
});

test("a red check goes back to the harness, and blocks when its budget is spent", async () => {
  const red: Outcome<"checking"> = { type: "red", reason: "1 test failed" };

  expect(await trail({ checking: [red, { type: "green" }] })).toEqual([
    ...path,
    ...path,
    "reviewing",
    "merging",
    "closing",
    "choosing",
  ]);
  expect(await trail({ checking: [red] })).toEqual([
    ...path,
    ...path,
    ...path,
    "blocked: the budget for ciFixes is used up: 1 test failed",
    "choosing",
  ]);
});

test("the budget travels in the work, so that a restart does not renew it", async () => {
  const tired = { ...work, counters: { ciFixes: 2 } };

  expect(
    await trail({
      choosing: [{ type: "claimed", work: tired }],
      checking: [{ type: "red", reason: "again" }],
    }),
  ).toEqual([...path, "blocked: the budget for ciFixes is used up: again", "choosing"]);
});

test("a rebased head is checked and reviewed again before it merges", async () => {
  const merging: Outcome<"merging">[] = [{ type: "rebased", head: "h2" }, { type: "merged" }];

  expect(await trail({ merging })).toEqual([
    ...path,
    ...["reviewing", "merging"],
    ...["checking", "reviewing", "merging", "closing", "choosing"],
  ]);
});

test("a refused merge is no merge: it is tried again within its budget, then a person is asked", async () => {
  const seen = await trail({ merging: [{ type: "refused", reason: "405" }] });

  expect(seen.filter((at) => at === "merging")).toHaveLength(3);
  expect(seen.at(-2)).toBe("blocked: the budget for refusals is used up: 405");
});

test.each([
  "preparing",
  "coding",
  "publishing",
  "checking",
  "reviewing",
  "merging",
  "closing",
] as const)(
  "a bot that loses its lease while %s lets the issue go without another act on it",
  async (at) => {
    expect((await trail({ [at]: [{ type: "lost" }] })).slice(-2)).toEqual([at, "choosing"]);
  },
);
