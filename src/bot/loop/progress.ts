/** Whether a loop of the bot gets on: a living process is not a healthy bot, a two-hour session is not a sick one. */
import type { Clock } from "../../ports/clock.ts";

const SLACK_MS = 60_000;
/** A short term, or none to speak of, makes no forge answer sooner. */
const LEAST_MS = 15 * 60_000;

export class Progress {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #lastMs: number;
  #trouble: string | undefined;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#lastMs = clock.monotonicMs();
  }

  /** A turn ended, the harness was heard, or a lease was renewed. */
  note(): void {
    this.#lastMs = this.#clock.monotonicMs();
    this.#trouble = undefined;
  }

  /** Only a person can help, so it is to be seen at once and not after the limit. */
  noteFailure(trouble: string): void {
    this.#trouble = trouble;
  }

  get idleMs(): number {
    return this.#clock.monotonicMs() - this.#lastMs;
  }

  get isStuck(): boolean {
    return this.#trouble !== undefined || this.idleMs > this.#limitMs;
  }
}

/** Longer than anything that a healthy bot may wait for in silence. */
export function deriveProgressLimit(waits: {
  readonly pollIntervalMs: number;
  readonly silenceMs: number;
  readonly termMs: number;
}): number {
  return Math.max(LEAST_MS, waits.termMs, waits.silenceMs, 2 * waits.pollIntervalMs) + SLACK_MS;
}
