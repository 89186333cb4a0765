import { expect, test } from "vitest";
import { DisintoError, type ErrorCode } from "../../errors.ts";
import type { BotEvent } from "../../ports/event-log.ts";
import { Progress } from "./progress.ts";
import { repeat } from "./repeat.ts";

/** A loop that fails as told, one error a turn, and then ends; time passes only by waiting. */
async function live(errors: readonly unknown[]) {
  let nowMs = 0;
  const waits: number[] = [];
  const events: BotEvent[] = [];
  const recovered: string[] = [];
  const clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: async (ms: number) => {
      waits.push(ms);
      nowMs += ms;
    },
  };
  const progress = new Progress(clock, 10 ** 9);
  const stuck: boolean[] = [];
  const left = [...errors];
  const tools = {
    clock,
    progress,
    pauses: {
      run: <R>(signal: AbortSignal, act: (signal: AbortSignal) => Promise<R>) => act(signal),
    },
    events: { append: (event: BotEvent) => void events.push(event) },
    pollIntervalMs: 1000,
    random: () => 0.5,
  };
  await repeat(tools, new AbortController().signal, {
    act: async () => {
      stuck.push(progress.isStuck);
      if (left.length === 0) return "stop";
      const error = left.shift();
      if (error !== undefined) throw error;
      return "go";
    },
    recover: async ({ kind }) => void recovered.push(kind),
  });
  return { waits, events, recovered, stuck };
}

const failure = (code: ErrorCode) => new DisintoError(code, "it failed");

test("a forge that is away is waited for, longer each time up to a limit, and spread by chance", async () => {
  const { waits } = await live(Array.from({ length: 9 }, () => failure("forge.unavailable")));

  expect(waits).toEqual([750, 1500, 3000, 6000, 12000, 24000, 45000, 45000, 45000]);
});

test("a success ends the row, so the next failure is waited for shortly", async () => {
  const away = failure("forge.unavailable");

  expect((await live([away, away, undefined, away])).waits).toEqual([750, 1500, 750]);
});

test("a forge that wants to be asked less often is asked much less often", async () => {
  expect((await live([failure("forge.rate-limited")])).waits).toEqual([22_500]);
});

test("a failure that stays is told when it begins and when its row has doubled", async () => {
  const { events } = await live(Array.from({ length: 9 }, () => failure("forge.unavailable")));

  expect(events.filter(({ type }) => type === "failure")).toHaveLength(4);
});

test("what failed and works again is told once for each code", async () => {
  const [away, no] = [failure("forge.unavailable"), failure("forge.forbidden")];
  const { events } = await live([away, away, no, no, undefined, undefined, away]);

  expect(events.map((one) => ("code" in one ? `${one.type} ${one.code}` : one.type))).toEqual([
    "failure forge.unavailable",
    "failure forge.unavailable",
    "failure forge.forbidden",
    "failure.ended forge.unavailable",
    "failure.ended forge.forbidden",
    "failure forge.unavailable",
    "failure.ended forge.unavailable",
  ]);
});

test("a bot whose token is revoked is unhealthy from the first refusal until the token works again", async () => {
  const revoked = failure("forge.unauthorized");

  expect((await live([undefined, revoked, revoked, undefined])).stuck).toEqual([
    ...[false, false, true, true, false],
  ]);
});

test("each class has its own recovery, and a full disk is known from the system's own error", async () => {
  const full = Object.assign(new Error("write"), { code: "ENOSPC" });
  const errors = [full, failure("git.failed"), failure("forge.forbidden"), failure("push.refused")];

  expect((await live(errors)).recovered).toEqual(["disk-full", "git-failed", "refused", "refused"]);
});

test("what is no failure of the outside ends the bot as a bug", async () => {
  await expect(live([new TypeError("x is not a function")])).rejects.toThrow("x is not");
});
