/** How fast a forge answers over a whole command: one slow answer is a hiccup, several are a forge to give up on. */

/** From here on an answer counts as slow. */
const SLOW_MS = 5_000;
const MOST_SLOW_MS = 15_000;

export class SlowAnswers {
  #spentMs = 0;
  #answers = 0;

  note(tookMs: number): void {
    if (tookMs < SLOW_MS) return;
    this.#spentMs += tookMs;
    this.#answers += 1;
  }

  /** Undefined while it will do. */
  slowReason(): string | undefined {
    if (this.#spentMs < MOST_SLOW_MS) return undefined;
    return `it is too slow: ${this.#answers} answers took ${Math.round(this.#spentMs / 1000)} s`;
  }
}
