/**
 * A harness whose sessions wait for the model's server: for a slot, and while its breaker is open. What goes wrong there
 * opens the breaker, so that the bots do not all find out for themselves; no issue pays for it.
 */
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventLog } from "../../ports/event-log.ts";
import {
  type BackendFault,
  isBackendFault,
  NO_USAGE,
  type Session,
  type SessionEnd,
} from "../../ports/harness.ts";
import type { Breakers, Probe } from "../leases/breakers.ts";
import type { Slot, Slots } from "../leases/slots.ts";
import { backoffMs } from "../loop/backoff.ts";

interface SessionRunner<S extends Session> {
  run(session: S): Promise<SessionEnd>;
}

export interface GateTools {
  readonly slots: Pick<Slots, "acquire">;
  readonly breakers: Pick<Breakers, "open" | "read" | "close" | "tryProbe">;
  /** The model's server as a part of a breaker's name. */
  readonly backend: string;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly random: () => number;
  readonly pollIntervalMs: number;
  /** Waiting for a server is no standstill of the bot. */
  readonly onWaiting: () => void;
}

/** Faults of this bot's own installation: another bot on the same server may work. */
const ownFaults: ReadonlySet<BackendFault> = new Set<BackendFault>([
  "missing",
  "refused-key",
  "window",
]);
/** A session that has lasted so long shows that the server answers again. */
const PROVEN_AFTER_MS = 60_000;

export function deriveBackendBreaker(backend: string): string {
  return `backend/${backend}`;
}

export function gateHarness<S extends Session>(
  harness: SessionRunner<S>,
  tools: GateTools,
): SessionRunner<S> {
  const gate = new Gate(harness, tools);
  return { run: (session) => gate.run(session) };
}

class Gate<S extends Session> {
  readonly #harness: SessionRunner<S>;
  readonly #tools: GateTools;
  readonly #name: string;
  /** Faults of this bot's own, one after the other. */
  #ownFailures = 0;

  constructor(harness: SessionRunner<S>, tools: GateTools) {
    this.#harness = harness;
    this.#tools = tools;
    this.#name = deriveBackendBreaker(tools.backend);
  }

  async run(session: S): Promise<SessionEnd> {
    if (this.#ownFailures > 0) await this.#waitOwn(session.signal);
    const probe = await this.#pass(session.signal);
    const slot = await this.#takeSlot(session.signal).catch(toUnreachable);
    if ("type" in slot) {
      await this.#learn(slot, false, probe);
      return slot;
    }
    const over = new AbortController();
    const proving = probe && this.#prove(probe, over.signal);
    try {
      const signal = AbortSignal.any([session.signal, slot.lost]);
      const end = await this.#harness.run({ ...session, signal });
      over.abort();
      if (slot.lost.aborted && !session.signal.aborted) return toLostSlot(end);
      await this.#learn(end, session.signal.aborted ? undefined : await proving, probe);
      return end;
    } finally {
      over.abort();
      await slot.release();
    }
  }

  async #waitOwn(signal: AbortSignal): Promise<void> {
    const { clock, pollIntervalMs, random } = this.#tools;
    const waitMs = backoffMs({ failures: this.#ownFailures, baseMs: pollIntervalMs, random });
    await clock.sleep(waitMs, signal);
    signal.throwIfAborted();
  }

  /** Told when it is taken and when it is free again, where there is a limit. */
  async #takeSlot(signal: AbortSignal): Promise<Slot> {
    const { slots, backend, clock, events } = this.#tools;
    const startMs = clock.monotonicMs();
    const slot = await slots.acquire(signal);
    const { number } = slot;
    if (number === undefined) return slot;
    const waitedMs = Math.round(clock.monotonicMs() - startMs);
    events.append({ type: "slot.taken", backend, slot: number, waitedMs });
    return {
      ...slot,
      release: async () => {
        await slot.release();
        events.append({ type: "slot.released", backend, slot: number });
      },
    };
  }

  /** Returns undefined if the breaker is closed. Otherwise it is this bot's turn to try. */
  async #pass(signal: AbortSignal): Promise<Probe | undefined> {
    const { breakers, clock, pollIntervalMs, onWaiting } = this.#tools;
    for (;;) {
      signal.throwIfAborted();
      if (!(await breakers.read(this.#name))) return undefined;
      const probe = await breakers.tryProbe(this.#name);
      if (probe) return probe;
      onWaiting();
      await clock.sleep(pollIntervalMs, signal);
    }
  }

  /** Returns true if the server was shown to answer, and the others know. */
  async #prove(probe: Probe, over: AbortSignal): Promise<boolean> {
    await this.#tools.clock.sleep(PROVEN_AFTER_MS, over);
    if (over.aborted) return false;
    await this.#close(probe);
    return true;
  }

  async #close(probe: Probe): Promise<void> {
    await probe.succeed();
    this.#tools.events.append({ type: "breaker.closed", breaker: this.#name });
  }

  async #learn(end: SessionEnd, proven: boolean | undefined, probe: Probe | undefined) {
    const pending = proven === true ? undefined : probe;
    if (end.type !== "failed" || !isBackendFault(end.fault)) {
      this.#ownFailures = 0;
      if (pending && proven !== undefined) await this.#close(pending);
      return;
    }
    const { fault: cause, reason } = end;
    if (ownFaults.has(cause)) this.#ownFailures += 1;
    if (pending) return pending.fail(reason);
    if (ownFaults.has(cause)) return;
    const opened = await this.#tools.breakers.open(this.#name, { cause, reason });
    if (opened === "opened")
      this.#tools.events.append({ type: "breaker.opened", breaker: this.#name, reason });
  }
}

/** A server that does not even say its slots is as one that answers no session. */
function toUnreachable(error: unknown): SessionEnd {
  if (!(error instanceof DisintoError) || error.code !== "model.unavailable") throw error;
  const { message: reason } = error;
  return { type: "failed", fault: "unreachable", reason, output: "", usage: NO_USAGE };
}

/** Somebody else has the slot now, so the session had to end; the issue is not to blame. */
function toLostSlot({ output, usage, session }: SessionEnd): SessionEnd {
  const reason = "the bot lost its slot at the model's server";
  return { type: "failed", fault: "overloaded", reason, output, usage, session };
}
