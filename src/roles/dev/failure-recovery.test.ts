import { expect, test } from "vitest";
import type { Failure } from "../../bot/loop/failure.ts";
import type { BotTools } from "../../bot/tools.ts";
import { DisintoError } from "../../errors.ts";
import type { State } from "./machine.ts";
import { recover } from "./recovery.ts";

const work = { project: "shop", issue: 7, title: "Tea", counters: {}, pin: "p" };
const prepared = { ...work, base: "b", start: "b", head: undefined, parked: "c" };
const refused: Failure = { kind: "refused", error: new DisintoError("forge.forbidden", "403") };
const broken: Failure = { kind: "git-failed", error: new DisintoError("git.failed", "bad object") };

function open() {
  const log: string[] = [];
  const target = {
    project: { name: "shop" },
    mirror: { repair: async () => log.push("mended") > 0 },
    claims: { withLease: async () => log.push("released") },
  };
  const tools = { projects: new Map([["shop", target]]) } as unknown as BotTools;
  const meet = (state: State, failure: Failure) =>
    recover(tools, { state, failure, signal: new AbortController().signal });
  return { log, meet };
}

const failed: Failure = { kind: "forge-failed", error: new DisintoError("forge.failed", "500") };

async function meetTimes(state: State, times: number, failure = refused): Promise<State> {
  const { meet } = open();
  let now = state;
  for (let time = 0; time < times; time++) now = await meet(now, failure);
  return now;
}

test("what the forge refuses is tried again five times, and the count is in the work", async () => {
  const start: State = { at: "preparing", work };

  expect(await meetTimes(start, 5)).toEqual({
    at: "preparing",
    work: { ...work, counters: { refused: 5 } },
  });
  expect(await meetTimes(start, 6)).toMatchObject({ at: "blocked", cause: "refused" });
});

test("a forge that answers 500 to one issue again and again has refused it, and a person is asked", async () => {
  const start: State = { at: "merging", work: { ...work, head: "h", pull: 8 } };

  expect(await meetTimes(start, 20, failed)).toMatchObject({ at: "merging" });
  expect(await meetTimes(start, 21, failed)).toMatchObject({
    at: "blocked",
    cause: "serverErrors",
    reason: expect.stringContaining("500"),
  });
});

test("a bot that may not even say why lets the issue go instead of trying for ever", async () => {
  expect(await meetTimes({ at: "preparing", work }, 12)).toEqual({ at: "choosing" });
});

test("a bot with nothing in hand only waits", async () => {
  expect(await meetTimes({ at: "choosing" }, 9)).toEqual({ at: "choosing" });
});

test("a mirror that git fails in is looked after, and work that is only in it starts over", async () => {
  const { log, meet } = open();

  expect(await meet({ at: "coding", work: prepared }, broken)).toEqual({
    at: "preparing",
    work: { ...work, counters: { refused: 1 } },
  });
  expect(log).toEqual(["mended"]);
});
