/** How long to wait before the next try. Pure: the random number is the caller's. */
const MAX_MS = 60_000;

interface Backoff {
  /** One after the other, from 1. */
  readonly failures: number;
  readonly baseMs: number;
  /** A number in [0, 1) that spreads those who failed together over half of the time. */
  readonly random: () => number;
}

export function backoffMs({ failures, baseMs, random }: Backoff): number {
  const wholeMs = Math.min(MAX_MS, baseMs * 2 ** Math.min(failures - 1, 20));
  return wholeMs * (0.5 + random() / 2);
}
