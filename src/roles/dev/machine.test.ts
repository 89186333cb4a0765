import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { MergeRefusal } from "../../ports/forge.ts";
import { NO_USAGE } from "../../ports/harness.ts";
import { type Activities, type Outcome, type State, type StateName, turn } from "./machine.ts";
import { afterRefusal } from "./retries.ts";
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

type Script = { readonly [A in StateName]: readonly Outcome<A>[] };

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
  const calls = new Map<StateName, number>();
  const play = async (at: StateName, state: State): Promise<Outcome<StateName>> => {
    const call = calls.get(at) ?? 0;
    calls.set(at, call + 1);
    const outcome = script[at][Math.min(call, script[at].length - 1)];
    if (!outcome) throw new Error(`no outcome for ${at}`);
    // As in life, what an activity learned goes with the counters that the work had.
    if (!("work" in outcome) || !("work" in state)) return outcome;
    return {
      ...outcome,
      work: { ...outcome.work, counters: state.work.counters },
    } as Outcome<StateName>;
  };
  const activities = Object.fromEntries(
    (Object.keys(smooth) as StateName[]).map((at) => [at, (state: State) => play(at, state)]),
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
    "blocked: the budget for ciFixes is exhausted: 1 test failed",
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
  ).toEqual([...path, "blocked: the budget for ciFixes is exhausted: again", "choosing"]);
});

test("a rebased head is checked and reviewed again before it merges", async () => {
  const merging: Outcome<"merging">[] = [{ type: "rebased", head: "h2" }, { type: "merged" }];

  expect(await trail({ merging })).toEqual([
    ...path,
    ...["reviewing", "merging"],
    ...["checking", "reviewing", "merging", "closing", "choosing"],
  ]);
});

test.each([
  ["moved", "merging"],
  ["not-ready", "merging"],
  ["checks", "checking"],
  ["approvals", "reviewing"],
  ["changes-requested", "reviewing"],
] as const)(
  "a merge refused for %s is no merge: it goes to %s, within a budget of its own",
  async (cause, at) => {
    const seen = await trail({ merging: [{ type: "refused", cause, reason: "405" }] });

    const begin = seen.indexOf("merging");
    expect(seen[begin + 1]).toBe(at);
    expect(seen.filter((one) => one === "merging")).toHaveLength(3);
    expect(seen.at(-2)).toBe(`blocked: the budget for merge-${cause} is exhausted: 405`);
  },
);

test.each(["protected-files", "draft", "dependencies", "forbidden"] as const)(
  "a merge refused for %s is a person's to do: the bot stops there at once",
  async (cause) => {
    const seen = await trail({ merging: [{ type: "refused", cause, reason: "405" }] });

    expect(seen.filter((at) => at === "merging")).toHaveLength(1);
    expect(seen.at(-2)).toMatch(/^blocked: .*\(405\)$/);
  },
);

test("every refusal of a merge goes where the documentation says, and has the budget that it says", async () => {
  const text = await readFile(new URL("../../../docs/recovery.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \| `(\w+)` \|.*\| (?:none|5 `(\w+)`) \|$/gm)];
  const documented = Object.fromEntries(
    rows.map(([, cause = "", at, limit]) => [
      cause,
      { at, isBudgeted: limit === "merge_attempts" },
    ]),
  );
  const causes: Readonly<Record<MergeRefusal, true>> = {
    ...{ moved: true, conflict: true, "not-ready": true, checks: true, approvals: true },
    ...{ "changes-requested": true, "protected-files": true, draft: true, dependencies: true },
    forbidden: true,
  };

  const actual = Object.keys(causes).map((cause) => {
    const refusal = { cause: cause as MergeRefusal, reason: "405" };
    const { at } = afterRefusal(published, refusal, 1);
    return [cause, { at, isBudgeted: at !== "blocked" }];
  });

  expect(documented).toEqual(Object.fromEntries(actual));
});

test("a conflict of the merge goes back to the harness, within its budget", async () => {
  const refused: Outcome<"merging"> = { type: "refused", cause: "conflict", reason: "409" };

  const seen = await trail({ merging: [refused] });

  expect(seen.filter((at) => at === "coding")).toHaveLength(3);
  expect(seen.at(-2)).toBe("blocked: the budget for conflicts is exhausted: 409");
});

test("a primary branch that moves before every merge ends in a person's hands, not in an endless rebase", async () => {
  const seen = await trail({ merging: [{ type: "rebased", head: "h2" }] });

  expect(seen.filter((at) => at === "merging")).toHaveLength(5);
  expect(seen.at(-2)).toMatch(/^blocked: the budget for lostRounds/);
});

test("a run that CI could not do costs no attempt at the change, and ends within its own budget", async () => {
  const failed: Outcome<"checking"> = { type: "infrastructure", reason: "no agent" };

  const seen = await trail({ checking: [failed] });

  expect(seen.filter((at) => at === "coding")).toHaveLength(1);
  expect(seen.at(-2)).toBe("blocked: the budget for infrastructureRetries is exhausted: no agent");
});

test.each(["checking", "reviewing", "merging"] as const)(
  "what a person pushed to the branch while the bot was %s is checked and reviewed like its own work",
  async (at) => {
    const seen = await trail({
      [at]: [{ type: "moved", head: "theirs" }, smooth[at][0]],
    });

    expect(seen.filter((one) => one === "coding")).toHaveLength(1);
    expect(seen.slice(seen.indexOf(at) + 1)).toEqual([
      ...path.slice(3),
      "reviewing",
      "merging",
      "closing",
      "choosing",
    ]);
  },
);

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

const spent = { usage: { ...NO_USAGE, turns: 3 }, session: "s1" };

test("a refusal goes to a person with its cause, a session that stalls or touches protected paths is tried again", async () => {
  const refused = {
    type: "refused",
    refusal: "too-large",
    reason: "ten issues",
    ...spent,
  } as const;
  const stalled = { type: "stalled", reason: "silent", ...spent } as const;
  const locked = { type: "protected", reason: "it touches .env", ...spent } as const;

  expect(await trail({ coding: [refused] })).toEqual([
    ...["preparing", "coding", "blocked: ten issues", "choosing"],
  ]);
  expect((await trail({ coding: [stalled] })).at(-2)).toBe(
    "blocked: the budget for attempts is exhausted: silent",
  );
  expect((await trail({ coding: [locked] })).at(-2)).toBe(
    "blocked: the budget for protectedPaths is exhausted: it touches .env",
  );
});

async function afterCoding(outcome: Outcome<"coding">): Promise<State> {
  const activities = { coding: async () => outcome } as unknown as Activities;
  const state: State<"coding"> = { at: "coding", work: prepared };
  return turn(state, { activities, budget }, new AbortController().signal);
}

test("a server that is away and a stop cost no budget, and keep what the session left", async () => {
  const away = { type: "backend-away", reason: "gone", weight: 0 } as const;
  for (const end of [away, { type: "parked" } as const]) {
    expect(await afterCoding({ ...end, parked: "c1", ...spent })).toMatchObject({
      at: "coding",
      work: { ...prepared, parked: "c1", session: "s1", usage: spent.usage },
    });
  }
});

test("what protected paths a change touches with leave is remembered until an approval hands it over", async () => {
  const touched = { ...published, handOver: [".env"] };
  const reviewing: State<"reviewing"> = { at: "reviewing", work: touched };
  const activities = { reviewing: async () => ({ type: "approved" }) } as unknown as Activities;

  const changed = { type: "changed", tree: "t", committedAt: "now", handOver: [".env"] } as const;
  expect(await afterCoding({ ...changed, ...spent })).toMatchObject({
    work: { handOver: [".env"] },
  });
  expect(await turn(reviewing, { activities, budget }, new AbortController().signal)).toMatchObject(
    {
      at: "blocked",
      cause: "hand-over",
    },
  );
});

test("an issue whose text a trusted person changed is worked on anew; one that was withdrawn is let go", async () => {
  const edited = { type: "edited", pin: "p2", title: "Say hello" } as const;
  const closed = { type: "withdrawn", why: "closed" } as const;

  expect(await afterCoding(edited)).toMatchObject({
    at: "preparing",
    work: { pin: "p2", title: "Say hello", feedback: expect.stringContaining("changed") },
  });
  expect(await trail({ merging: [closed] })).toEqual([
    ...path,
    ...["reviewing", "merging", "withdrawing", "choosing"],
  ]);
});
