import { expect, test } from "vitest";
import { DisintoError } from "../../errors.ts";
import { NO_USAGE, type Session, type SessionEnd, type SessionFault } from "../../ports/harness.ts";
import type { Proof } from "../../ports/model-server.ts";
import { gateHarness } from "./model-gate.ts";

const told = { output: "", usage: NO_USAGE };
const done: SessionEnd = { ...told, type: "finished", verdict: undefined };
const fails = (fault: SessionFault): SessionEnd => {
  return { ...told, type: "failed", fault, reason: `it is ${fault}` };
};

interface Scene {
  readonly standing?: boolean;
  readonly turns?: number;
  readonly number?: number;
  /** What the server answers when it is tried; undefined: this bot cannot try it. */
  readonly proofs?: Proof[];
  /** How often the server does not say its slots. */
  readonly unsaid?: number;
  /** The harness asks its model so often, and need not. */
  readonly asks?: number;
}

const works: Proof = { works: true, callsTool: true, tokensPerSecond: 1 };
const hangs: Proof = { works: false, fault: "stalled", reason: "it hangs" };

/** One bot at a model's server that answers as told; `open` is the breaker that all bots see. */
function open(
  ends: readonly SessionEnd[],
  { standing = false, turns = 0, number, proofs, unsaid = 0, asks }: Scene = {},
) {
  const log: string[] = [];
  const left = [...ends];
  let isOpen = standing;
  let unsaidLeft = unsaid;
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
      run: async ({ beforeTurn }: Session) => {
        log.push("session");
        for (let turn = 0; turn < (asks ?? 0); turn++) await beforeTurn?.();
        return left.shift() ?? done;
      },
    },
    {
      slots: {
        acquire: async () => {
          if (unsaidLeft-- > 0) throw new DisintoError("model.unavailable", "it is loading");
          log.push("slot");
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
      prove:
        proofs &&
        (async () => {
          log.push("tried");
          return proofs.shift() ?? works;
        }),
      waitsForTurn: asks !== undefined,
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

test("a fault of the agent, or of this bot's own installation, stops no other bot", async () => {
  for (const fault of ["wall-time", "missing", "refused-key"] as const) {
    const { run, log } = open([fails(fault)]);

    expect(await run()).toMatchObject({ fault });
    expect(log).toEqual(["slot", "session", "free"]);
  }
});

test("while the breaker is open a bot waits, then tries once for all, and closes it when it works", async () => {
  const alive = open([done], { standing: true, turns: 2 });
  const fails1 = open([fails("overloaded")], { standing: true });

  await alive.run();
  await fails1.run();

  expect(alive.log).toEqual([
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

test("a session that fails at a server that works for others stops nobody, and is told as its own request's fault", async () => {
  const { run, log } = open([fails("overloaded")], { proofs: [works] });

  expect(await run()).toMatchObject({ fault: "overloaded", of: "request" });
  expect(log).toEqual(["slot", "session", "tried", "free"]);
});

test("a server that limits its rate is not asked whether it works", async () => {
  const { run, log } = open([fails("rate-limited")], { proofs: [works] });

  expect(await run()).not.toHaveProperty("of");
  expect(log).toContain("opened: it is rate-limited");
  expect(log).not.toContain("tried");
});

test("no session begins at a server that is away: it is tried until it works", async () => {
  const { run, log } = open([done], { standing: true, proofs: [hangs, works] });

  expect(await run()).toEqual(done);
  expect(log).toEqual([
    "tried",
    "stays: it hangs",
    "waits",
    "tried",
    "closed",
    "breaker.closed",
    "slot",
    "session",
    "free",
  ]);
});

test("a server that does not say its slots is away, and ends no bot", async () => {
  const { run, log } = open([done], { unsaid: 1, proofs: [] });

  expect(await run()).toEqual(done);
  expect(log.slice(0, 3)).toEqual(["opened: it is loading", "breaker.opened", "waits"]);
  expect(log.slice(-3)).toEqual(["slot", "session", "free"]);
});

test("a harness that may ask no model takes a slot with its first question, and one that asks nothing takes none", async () => {
  const idle = open([done], { asks: 0 });
  const busy = open([done], { asks: 2 });

  await idle.run();
  await busy.run();

  expect(idle.log).toEqual(["session"]);
  expect(busy.log).toEqual(["session", "slot", "free"]);
});
