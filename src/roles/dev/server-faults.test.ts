import { expect, test } from "vitest";
import { NO_USAGE } from "../../ports/harness.ts";
import { type Activities, type State, turn } from "./machine.ts";
import { describeTurn } from "./turn-events.ts";

const budget = {
  attempts: 2,
  ciFixes: 2,
  reviewRounds: 2,
  infrastructureRetries: 2,
  mergeAttempts: 2,
};
const prepared = {
  ...{ project: "greeter", issue: 7, title: "Say goodbye", counters: {}, pin: "p" },
  ...{ base: "b", start: "b", head: undefined },
};
const spent = { usage: NO_USAGE, session: "s1" };

test("an issue of which each session ends by a server that works for others is set aside, and one success clears it", async () => {
  const fail = async (state: State, weight: number) => {
    const end = { type: "backend-away", reason: "it broke", weight, ...spent } as const;
    const activities = { coding: async () => end } as unknown as Activities;
    return turn(state, { activities, budget }, new AbortController().signal);
  };
  const once = await fail({ at: "coding", work: prepared }, 2);
  const twice = await fail(once, 2);

  expect([once.at, twice.at]).toEqual(["coding", "coding"]);
  expect(describeTurn(once, twice).map(({ type }) => type)).toEqual(["state.entered"]);
  expect(await fail(twice, 2)).toMatchObject({
    at: "blocked",
    reason: expect.stringContaining("works for others: it broke"),
  });
  const failed = { type: "failed", reason: "no change", ...spent } as const;
  const activities = { coding: async () => failed } as unknown as Activities;
  const after = await turn(twice, { activities, budget }, new AbortController().signal);
  expect(after).toMatchObject({ at: "preparing", work: { counters: { attempts: 1 } } });
  expect(after).not.toHaveProperty("work.counters.serverFaults");
});
