/**
 * A harness whose sessions wait for the model's server: for a slot, and while its breaker is open. What goes wrong there
 * opens the breaker, so that the bots do not all find out for themselves; no issue pays for it. A session that
 * fails at a server that works for others opens nothing: what it asked is at fault.
 */
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventLog } from "../../ports/event-log.ts";
import {
  type BackendFault,
  isBackendFault,
  isOwnFault,
  type Session,
  type SessionEnd,
} from "../../ports/harness.ts";
import type { ModelServer, Proof } from "../../ports/model-server.ts";
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
  /** One small request; undefined: this bot knows of no server that it could ask. */
  readonly prove: ModelServer["prove"] | undefined;
  /** The harness may ask no model at all, and says when it does. */
  readonly waitsForTurn: boolean;
  /** Waiting for a server is no standstill of the bot. */
  readonly onWaiting: () => void;
}

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
    return this.#tools.waitsForTurn ? this.#runOpen(session) : this.#runInSlot(session);
  }

  async #runInSlot(session: S): Promise<SessionEnd> {
    const { probe, slot } = await this.#enter(session.signal);
    const over = new AbortController();
    const proving = probe && this.#outlast(probe, over.signal);
    try {
      const signal = AbortSignal.any([session.signal, slot.lost]);
      const end = await this.#harness.run({ ...session, signal });
      over.abort();
      if (slot.lost.aborted && !session.signal.aborted) return toLostSlot(end);
      const proven = session.signal.aborted ? undefined : await proving;
      return await this.#learn(end, { session, probe, proven });
    } finally {
      over.abort();
      await slot.release();
    }
  }

  /** Waits for the server only once it asks the model something: what asks nothing waits for nobody. */
  async #runOpen(session: S): Promise<SessionEnd> {
    const lost = new AbortController();
    let entered: Promise<Entry> | undefined;
    const beforeTurn = async () => {
      entered ??= this.#enter(session.signal);
      const { slot } = await entered;
      slot.lost.addEventListener("abort", () => lost.abort(), { once: true });
    };
    try {
      const signal = AbortSignal.any([session.signal, lost.signal]);
      const end = await this.#harness.run({ ...session, signal, beforeTurn });
      if (lost.signal.aborted && !session.signal.aborted) return toLostSlot(end);
      const probe = await entered?.then((entry) => entry.probe);
      const proven = session.signal.aborted || !probe ? undefined : false;
      return await this.#learn(end, { session, probe, proven });
    } finally {
      await entered?.then(({ slot }) => slot.release()).catch(() => undefined);
    }
  }

  /** Past the breaker and in a slot. */
  async #enter(signal: AbortSignal): Promise<Entry> {
    for (;;) {
      const probe = await this.#pass(signal);
      try {
        const slot = await this.#takeSlot(signal);
        if (probe || !(await this.#hasOpenedMeanwhile(slot))) return { probe, slot };
      } catch (error) {
        await this.#noteUnsaid(error, probe);
        await this.#wait(signal);
      }
    }
  }

  /** A server that does not even say its slots is away. */
  async #noteUnsaid(error: unknown, probe: Probe | undefined): Promise<void> {
    if (!(error instanceof DisintoError) || error.code !== "model.unavailable") throw error;
    if (probe) await probe.fail(error.message);
    else await this.#open("unreachable", error.message);
  }

  /** Who waited for a slot may have got it from somebody whom the server failed. */
  async #hasOpenedMeanwhile({ waitedMs, release }: TakenSlot): Promise<boolean> {
    if (waitedMs <= this.#tools.pollIntervalMs) return false;
    if (!(await this.#tools.breakers.read(this.#name))) return false;
    await release();
    return true;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    this.#tools.onWaiting();
    await this.#tools.clock.sleep(this.#tools.pollIntervalMs, signal);
  }

  async #waitOwn(signal: AbortSignal): Promise<void> {
    const { clock, pollIntervalMs, random } = this.#tools;
    const waitMs = backoffMs({ failures: this.#ownFailures, baseMs: pollIntervalMs, random });
    await clock.sleep(waitMs, signal);
    signal.throwIfAborted();
  }

  /** Told when it is taken and when it is free again, where there is a limit. */
  async #takeSlot(signal: AbortSignal): Promise<TakenSlot> {
    const { slots, backend, clock, events } = this.#tools;
    const startMs = clock.monotonicMs();
    const slot = await slots.acquire(signal, () =>
      events.append({ type: "slot.waiting", backend }),
    );
    const { number } = slot;
    const waitedMs = Math.round(clock.monotonicMs() - startMs);
    if (number === undefined) return { ...slot, waitedMs };
    events.append({ type: "slot.taken", backend, slot: number, waitedMs });
    return {
      ...slot,
      waitedMs,
      release: async () => {
        await slot.release();
        events.append({ type: "slot.released", backend, slot: number });
      },
    };
  }

  /** Answers undefined if the breaker is closed; otherwise it is this bot's turn to try, with its own session. */
  async #pass(signal: AbortSignal): Promise<Probe | undefined> {
    const { breakers, prove } = this.#tools;
    for (;;) {
      signal.throwIfAborted();
      if (!(await breakers.read(this.#name))) return undefined;
      const probe = await breakers.tryProbe(this.#name);
      if (probe && !prove) return probe;
      if (probe && prove && (await this.#conclude(probe, await prove(signal)))) return undefined;
      await this.#wait(signal);
    }
  }

  /** True: it works, and the breaker is closed. */
  async #conclude(probe: Probe, proof: Proof): Promise<boolean> {
    if (proof.works) await this.#close(probe);
    else await probe.fail(proof.reason);
    return proof.works;
  }

  /** True: the session was shown to work, and the others know. */
  async #outlast(probe: Probe, over: AbortSignal): Promise<boolean> {
    await this.#tools.clock.sleep(PROVEN_AFTER_MS, over);
    if (over.aborted) return false;
    await this.#close(probe);
    return true;
  }

  async #close(probe: Probe): Promise<void> {
    await probe.succeed();
    this.#tools.events.append({ type: "breaker.closed", breaker: this.#name });
  }

  async #learn(end: SessionEnd, { session, probe, proven }: SessionResult): Promise<SessionEnd> {
    const pending = proven === true ? undefined : probe;
    if (end.type !== "failed" || !isBackendFault(end.fault)) {
      this.#ownFailures = 0;
      if (pending && proven !== undefined) await this.#close(pending);
      return end;
    }
    if (isOwnFault(end.fault)) this.#ownFailures += 1;
    if (pending) await pending.fail(end.reason);
    return pending || isOwnFault(end.fault) ? end : this.#judge(end, session.signal);
  }

  /** Whose fault it is, the server shows; one that limits its rate works, and does not want to be asked. */
  async #judge(end: FailedEnd, signal: AbortSignal): Promise<SessionEnd> {
    const { prove } = this.#tools;
    const cause = end.fault as BackendFault;
    const proof = cause === "rate-limited" ? undefined : await prove?.(signal);
    if (proof?.works) return { ...end, of: "request" };
    await this.#open(cause, proof?.reason ?? end.reason);
    return end;
  }

  async #open(cause: BackendFault, reason: string): Promise<void> {
    const { breakers, events, prove, pollIntervalMs } = this.#tools;
    const soon = prove && { probeAfterMs: pollIntervalMs };
    const opened = await breakers.open(this.#name, { cause, reason, ...soon });
    if (opened === "opened") events.append({ type: "breaker.opened", breaker: this.#name, reason });
  }
}

type FailedEnd = Extract<SessionEnd, { type: "failed" }>;

interface TakenSlot extends Slot {
  readonly waitedMs: number;
}

interface Entry {
  readonly probe: Probe | undefined;
  readonly slot: Slot;
}

interface SessionResult {
  readonly session: Session;
  readonly probe: Probe | undefined;
  readonly proven: boolean | undefined;
}

/** Somebody else has the slot now, so the session had to end; the issue is not to blame. */
function toLostSlot({ output, usage, session }: SessionEnd): SessionEnd {
  const reason = "the bot lost its slot at the model's server";
  return { type: "failed", fault: "overloaded", reason, output, usage, session };
}
