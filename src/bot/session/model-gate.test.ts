import { expect, test } from "vitest";
import { DisintoError } from "../../errors.ts";
import { NO_USAGE, type Session, type SessionEnd, type SessionFault } from "../../ports/harness.ts";
import { gateHarness } from "./model-gate.ts";

const told = { output: "", usage: NO_USAGE };
const done: SessionEnd = { ...told, type: "finished", verdict: undefined };
const fails = (fault: SessionFault): SessionEnd => {
  return { ...told, type: "failed", fault, reason: `it is ${fault}` };
};

/** One bot at a model's server that answers as told; `open` is the breaker that all bots see. */
function open(
  ends: readonly SessionEnd[],
  {
    standing = false,
    turns = 0,
    number,
    away = false,
  }: { standing?: boolean; turns?: number; number?: number; away?: boolean } = {},
) {
  const log: string[] = [];
  const left = [...ends];
  let isOpen = standing;
  let waits = turns;
  const probe = {
    succeed: async () => {
      log.push("closed");
      isOpen = false;
    },
    fail: async (reason: string) => void log.push(`stays: ${reason}`),
  };
  const lost = new AbortController();
  const gate = gateHarness(
    {
      run: async (_: Session) => {
        log.push("session");
        return left.shift() ?? done;
      },
    },
    {
      slots: {
        acquire: async () => {
          log.push("slot");
          if (away) throw new DisintoError("model.unavailable", "no answer at /props");
          return { number, lost: lost.signal, release: async () => void log.push("free") };
        },
      },
      breakers: {
        read: async () => (isOpen ? ({} as never) : undefined),
        open: async (_, { reason }) => {
          log.push(`opened: ${reason}`);
          const before = isOpen;
          isOpen = true;
          return before ? "already" : "opened";
        },
        close: async () => "closed",
        tryProbe: async () => (waits-- > 0 ? undefined : (probe as never)),
      },
      backend: "llama",
      clock: {
        now: () => new Date(0),
        monotonicMs: () => 0,
        // The time that proves a server passes only when the session has ended.
        sleep: (ms, signal) =>
          ms < 60_000
            ? Promise.resolve()
            : new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
      },
      events: { append: ({ type }) => void log.push(type) },
      random: () => 0,
      pollIntervalMs: 1,
      onWaiting: () => void log.push("waits"),
    },
  );
  const session = { signal: new AbortController().signal } as Session;
  return { run: () => gate.run(session), log, lost };
}

test("a session holds a slot for as long as it lasts", async () => {
  const { run, log } = open([done]);

  expect(await run()).toEqual(done);
  expect(log).toEqual(["slot", "session", "free"]);
});

test("a slot is told when it is taken and when it is free again", async () => {
  const { run, log } = open([done], { number: 1 });

  await run();

  expect(log).toEqual(["slot", "slot.taken", "session", "free", "slot.released"]);
});

test("a server that fails opens its breaker, once and with its reason", async () => {
  const { run, log } = open([fails("unreachable")]);

  await run();

  expect(log).toEqual(["slot", "session", "opened: it is unreachable", "breaker.opened", "free"]);
});

test("a server that does not even say its slots is one that fails, and no bot dies of it", async () => {
  const { run, log } = open([], { away: true });

  expect(await run()).toMatchObject({ fault: "unreachable", reason: "no answer at /props" });
  expect(log).toEqual(["slot", "opened: no answer at /props", "breaker.opened"]);
});

test("a fault of the agent, or of this bot's own installation, stops no other bot", async () => {
  for (const fault of ["wall-time", "missing", "refused-key"] as const) {
    const { run, log } = open([fails(fault)]);

    expect(await run()).toMatchObject({ fault });
    expect(log).toEqual(["slot", "session", "free"]);
  }
});

test("while the breaker is open a bot waits, then tries once for all, and closes it when it works", async () => {
  const works = open([done], { standing: true, turns: 2 });
  const fails1 = open([fails("overloaded")], { standing: true });

  await works.run();
  await fails1.run();

  expect(works.log).toEqual([
    "waits",
    "waits",
    "slot",
    "session",
    "closed",
    "breaker.closed",
    "free",
  ]);
  expect(fails1.log).toEqual(["slot", "session", "stays: it is overloaded", "free"]);
});

test("a session that lost its slot is not held against the issue", async () => {
  const { run, lost } = open([fails("killed")]);
  lost.abort();

  expect(await run()).toMatchObject({ type: "failed", fault: "overloaded" });
});
