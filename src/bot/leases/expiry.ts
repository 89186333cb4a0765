/**
 * Which leases have stood unchanged for how long, as this process has itself seen it. No clock of the forge, of a
 * holder or of the wall counts: only time between two successful readings close together (docs/leases.md says why).
 */
import type { Clock } from "../../ports/clock.ts";
import type { Mirror, Refs } from "../../ports/git.ts";
import { COORDINATION, EVERYTHING } from "./refs.ts";

interface Sight {
  readonly sha: string;
  readonly forMs: number;
  /** When the last reading that showed it had ended. */
  readonly lastMs: number;
}

interface Seen {
  readonly refs: Refs;
  readonly startedAtMs: number;
  /** Of all leases, so what is not there is gone. */
  readonly whole: boolean;
}

const USUAL_GAP_MS = 30_000;

/**
 * Longer than a poll, so that a bot that polls seldom counts too; never longer than a third of the term, so that a
 * holder that the forge answers has renewed before a whole term can be put together from such gaps.
 */
export function deriveGap(termMs: number, pollIntervalMs: number): number {
  return Math.min(termMs / 3, Math.max(USUAL_GAP_MS, 3 * pollIntervalMs));
}

export class Observations {
  readonly #clock: Clock;
  readonly #sights = new Map<string, Sight>();
  readonly gapMs: number;
  #lastWholeMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, gapMs: number) {
    this.#clock = clock;
    this.gapMs = gapMs;
  }

  /** The same mirror; what it reads is noted. */
  watching(mirror: Mirror): Mirror {
    const noting = async (whole: boolean, read: () => Promise<Refs>): Promise<Refs> => {
      const startedAtMs = this.#clock.monotonicMs();
      const refs = await read();
      this.note({ refs, startedAtMs, whole });
      return refs;
    };
    return {
      ...mirror,
      refresh: () => noting(true, () => mirror.refresh()),
      readRefs: (patterns) =>
        noting(patterns.includes(EVERYTHING), () => mirror.readRefs(patterns)),
      fetchRefs: (pattern) => noting(pattern === EVERYTHING, () => mirror.fetchRefs(pattern)),
    };
  }

  note({ refs, startedAtMs, whole }: Seen): void {
    const nowMs = this.#clock.monotonicMs();
    if (whole) this.#forgetAbsent(refs);
    if (whole) this.#lastWholeMs = nowMs;
    for (const [ref, sha] of refs) {
      if (!ref.startsWith(COORDINATION)) continue;
      const before = this.#sights.get(ref);
      const forMs = before?.sha === sha ? before.forMs + this.#count(before, startedAtMs) : 0;
      this.#sights.set(ref, { sha, forMs, lastMs: nowMs });
    }
  }

  /** How long `sha` has been seen to stand there. */
  seenForMs(ref: string, sha: string): number {
    const sight = this.#sights.get(ref);
    return sight?.sha === sha ? sight.forMs : 0;
  }

  sinceWholeMs(): number {
    return this.#clock.monotonicMs() - this.#lastWholeMs;
  }

  /** From the end of one reading to the start of the next: in that time it stood there for certain. */
  #count({ lastMs }: Sight, startedAtMs: number): number {
    const gapMs = startedAtMs - lastMs;
    return gapMs > 0 && gapMs <= this.gapMs ? gapMs : 0;
  }

  #forgetAbsent(refs: Refs): void {
    for (const ref of this.#sights.keys()) if (!refs.has(ref)) this.#sights.delete(ref);
  }
}
