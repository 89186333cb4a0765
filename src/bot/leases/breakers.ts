/**
 * Circuit breakers that all bots see: a ref that stands while something they share does not work. One bot opens it and
 * says so once; after a pause one bot at a time tries whether it works again, and none has to stay alive for it.
 */

import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Mirror } from "../../ports/git.ts";
import type { Observations } from "./expiry.ts";
import { readNote, writeNote } from "./record.ts";
import { deriveBreakerRef } from "./refs.ts";
import { compareAndSwap } from "./swap.ts";

export interface OutageCause {
  /** One word, for programs. */
  readonly cause: string;
  /** One sentence, for people. */
  readonly reason: string;
}

export interface Breaker extends OutageCause {
  /** The bot that opened it. */
  readonly by: string;
  /** ISO 8601, for people. */
  readonly at: string;
  readonly probeAfterMs: number;
  /** The bot that tries whether it works again. */
  readonly prober: string | undefined;
  /** The bot that is closing it. */
  readonly closer: string | undefined;
}

export interface Probe {
  readonly breaker: Breaker;
  /** It works: the breaker is closed. */
  succeed(): Promise<void>;
  /** It does not yet: everybody waits for another pause. */
  fail(reason: string): Promise<void>;
}

interface BreakersTools {
  readonly mirror: Mirror;
  readonly observations: Observations;
  readonly clock: Clock;
  readonly holder: string;
  readonly newNonce: () => string;
  /** How long a prober that says nothing keeps the others from trying. */
  readonly termMs: number;
}

/** A minute with the usual term. */
const PAUSES_IN_TERM = 15;

interface FoundBreaker {
  readonly sha: string;
  readonly breaker: Breaker;
}

export class Breakers {
  readonly #tools: BreakersTools;

  constructor(tools: BreakersTools) {
    this.#tools = tools;
  }

  /** Exactly one of many openers is told "opened": the one that makes the visible remark. */
  async open(
    name: string,
    { cause, reason, probeAfterMs }: OutageCause & { readonly probeAfterMs?: number },
  ): Promise<"opened" | "already"> {
    const { holder: by, termMs } = this.#tools;
    const pauseMs = probeAfterMs ?? termMs / PAUSES_IN_TERM;
    const trouble = { cause, reason, probeAfterMs: pauseMs, by };
    const mine = await this.#write(trouble);
    const swap = { ref: deriveBreakerRef(name), from: undefined, to: mine };
    return (await compareAndSwap(this.#tools.mirror, swap)) ? "opened" : "already";
  }

  /** Returns undefined if it is closed. */
  async read(name: string): Promise<Breaker | undefined> {
    return (await this.#find(name))?.breaker;
  }

  /**
   * Whoever sees that it works again may close it; exactly one of many that do is told "closed". A deletion does not tell
   * whose it was, so a bot first says that it is the one; if it dies over it, the next one does so after a term.
   */
  async close(name: string): Promise<"closed" | "already"> {
    const ref = deriveBreakerRef(name);
    const { mirror, holder, observations, termMs } = this.#tools;
    for (;;) {
      const found = await this.#find(name);
      if (!found) return "already";
      const { sha, breaker } = found;
      const isOthers = breaker.closer !== undefined && breaker.closer !== holder;
      if (isOthers && observations.unchangedForMs(ref, sha) < termMs) return "already";
      const mine = await this.#write({ ...breaker, closer: holder });
      if (!(await compareAndSwap(mirror, { ref, from: sha, to: mine }))) continue;
      if (await compareAndSwap(mirror, { ref, from: mine, to: undefined })) return "closed";
    }
  }

  /** Returns undefined if it is closed, or it is not this bot's turn to try. */
  async tryProbe(name: string): Promise<Probe | undefined> {
    const found = await this.#find(name);
    if (!found) return undefined;
    const { sha, breaker } = found;
    const ref = deriveBreakerRef(name);
    const pauseMs = breaker.prober === undefined ? breaker.probeAfterMs : this.#tools.termMs;
    if (this.#tools.observations.unchangedForMs(ref, sha) < pauseMs) return undefined;
    const mine = await this.#write({ ...breaker, prober: this.#tools.holder });
    const { mirror } = this.#tools;
    if (!(await compareAndSwap(mirror, { ref, from: sha, to: mine }))) return undefined;
    const conclude = async (to: string | undefined): Promise<void> => {
      await compareAndSwap(mirror, { ref, from: mine, to });
    };
    return {
      breaker,
      succeed: () => conclude(undefined),
      fail: async (reason) =>
        conclude(await this.#write({ ...breaker, prober: undefined, reason })),
    };
  }

  async #find(name: string): Promise<FoundBreaker | undefined> {
    const ref = deriveBreakerRef(name);
    const { mirror } = this.#tools;
    const sha = (await mirror.readRefs([ref])).get(ref);
    if (sha === undefined) return undefined;
    const breaker = await this.#readHere(sha);
    if (breaker) return { sha, breaker };
    const fetched = (await mirror.fetchRefs(deriveBreakerRef("*"))).get(ref);
    return fetched === undefined
      ? undefined
      : { sha: fetched, breaker: (await this.#readHere(fetched)) ?? unreadableBreaker };
  }

  async #readHere(sha: string): Promise<Breaker | undefined> {
    try {
      return toBreaker((await readNote(this.#tools, sha)) ?? {});
    } catch (error) {
      if (error instanceof DisintoError) return undefined;
      throw error;
    }
  }

  #write(content: Readonly<Record<string, unknown>>): Promise<string> {
    return writeNote(this.#tools, content);
  }
}

function toBreaker(note: Readonly<Record<string, unknown>>): Breaker {
  const text = (key: string, fallback: string): string => {
    const value = note[key];
    return typeof value === "string" ? value : fallback;
  };
  const { probeAfterMs, prober, closer } = note;
  return {
    by: text("by", "unknown"),
    at: text("at", ""),
    cause: text("cause", "unknown"),
    reason: text("reason", "no reason was given"),
    probeAfterMs: clampPause(probeAfterMs),
    prober: typeof prober === "string" ? prober : undefined,
    closer: typeof closer === "string" ? closer : undefined,
  };
}

const unreadableBreaker = toBreaker({});

/** Whoever wrote it: somebody tries again within the hour. */
function clampPause(pauseMs: unknown): number {
  if (typeof pauseMs !== "number" || !Number.isFinite(pauseMs)) return 60_000;
  return Math.min(Math.max(pauseMs, 0), 60 * 60_000);
}
