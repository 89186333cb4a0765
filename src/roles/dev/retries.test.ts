import { expect, test } from "vitest";
import { NO_USAGE } from "../../ports/harness.ts";
import { type Activities, type State, turn } from "./machine.ts";

const budget = {
  attempts: 2,
  ciFixes: 2,
  reviewRounds: 2,
  infrastructureRetries: 2,
  mergeAttempts: 2,
};
const work = { project: "greeter", issue: 7, title: "Say goodbye", counters: {}, pin: "p" };
const prepared = { ...work, base: "b", start: "b", head: undefined };
const published = { ...work, head: "h", pull: 8 };

test("what the harness has to answer survives sessions that change nothing, and is told once", async () => {
  const activities = (outcome: object) =>
    new Proxy({}, { get: () => async () => outcome }) as unknown as Activities;
  const signal = new AbortController().signal;
  const step = (state: State, outcome: object): Promise<State> =>
    turn(state, { activities: activities(outcome), budget }, signal);
  const failed = { type: "failed", reason: "it changed no file", usage: NO_USAGE };
  let state = await step({ at: "checking", work: published }, { type: "red", reason: "not ok 7" });

  for (const _ of [1, 2]) {
    state = await step(state, {
      type: "ready",
      work: { ...prepared, ...(state as State<"preparing">).work },
    });
    state = await step(state, failed);
  }

  expect(state).toMatchObject({
    at: "preparing",
    work: { feedback: "it changed no file\n\nWhat it has to answer:\n\nnot ok 7" },
  });
  state = await step(state, {
    type: "ready",
    work: { ...prepared, ...(state as State<"preparing">).work },
  });
  expect(await step(state, failed)).toMatchObject({
    at: "blocked",
    reason: expect.stringContaining("not ok 7"),
  });
});
