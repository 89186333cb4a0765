/**
 * Which leases have stood unchanged for how long, as this process has itself seen it. No clock of the forge, of a
 * holder or of the wall counts: only time between two successful readings close together (docs/leases.md says why).
 */
import type { Clock } from "../../ports/clock.ts";
import type { Mirror, Refs } from "../../ports/git.ts";
import { ALL_COORDINATION_REFS, COORDINATION_PREFIX } from "./refs.ts";

interface ObservedRef {
  readonly sha: string;
  readonly unchangedMs: number;
  /** The time at which the last reading that showed it had ended. */
  readonly lastReadMs: number;
}

interface Reading {
  readonly refs: Refs;
  readonly startedAtMs: number;
  /** True if all leases were read, so a lease that is not in it is gone. */
  readonly isComplete: boolean;
}

const DEFAULT_MAX_GAP_MS = 30_000;

/**
 * Longer than a poll, so that a bot that polls seldom counts too; never longer than a third of the term, so that a
 * holder that the forge answers has renewed before a whole term can be put together from such gaps.
 */
export function deriveMaxGap(termMs: number, pollIntervalMs: number): number {
  return Math.min(termMs / 3, Math.max(DEFAULT_MAX_GAP_MS, 3 * pollIntervalMs));
}

export class Observations {
  readonly #clock: Clock;
  readonly #observed = new Map<string, ObservedRef>();
  readonly maxGapMs: number;
  #lastCompleteMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, gapMs: number) {
    this.#clock = clock;
    this.maxGapMs = gapMs;
  }

  /** The same mirror; what it reads is noted. */
  watching(mirror: Mirror): Mirror {
    const noting = async (isComplete: boolean, read: () => Promise<Refs>): Promise<Refs> => {
      const startedAtMs = this.#clock.monotonicMs();
      const refs = await read();
      this.note({ refs, startedAtMs, isComplete });
      return refs;
    };
    return {
      ...mirror,
      refresh: () => noting(true, () => mirror.refresh()),
      readRefs: (patterns) =>
        noting(patterns.includes(ALL_COORDINATION_REFS), () => mirror.readRefs(patterns)),
      fetchRefs: (pattern) =>
        noting(pattern === ALL_COORDINATION_REFS, () => mirror.fetchRefs(pattern)),
    };
  }

  note({ refs, startedAtMs, isComplete }: Reading): void {
    const nowMs = this.#clock.monotonicMs();
    if (isComplete) this.#forgetAbsent(refs);
    if (isComplete) this.#lastCompleteMs = nowMs;
    for (const [ref, sha] of refs) {
      if (!ref.startsWith(COORDINATION_PREFIX)) continue;
      const before = this.#observed.get(ref);
      const unchangedMs =
        before?.sha === sha ? before.unchangedMs + this.#addedMs(before, startedAtMs) : 0;
      this.#observed.set(ref, { sha, unchangedMs, lastReadMs: nowMs });
    }
  }

  /** How long `sha` has been seen to stand there. */
  unchangedForMs(ref: string, sha: string): number {
    const observed = this.#observed.get(ref);
    return observed?.sha === sha ? observed.unchangedMs : 0;
  }

  sinceCompleteMs(): number {
    return this.#clock.monotonicMs() - this.#lastCompleteMs;
  }

  /** The time from the end of one reading to the start of the next, in which the ref did not change. */
  #addedMs({ lastReadMs }: ObservedRef, startedAtMs: number): number {
    const gapMs = startedAtMs - lastReadMs;
    return gapMs > 0 && gapMs <= this.maxGapMs ? gapMs : 0;
  }

  #forgetAbsent(refs: Refs): void {
    for (const ref of this.#observed.keys()) if (!refs.has(ref)) this.#observed.delete(ref);
  }
}
