/** Time, so that tests own it. */
export interface Clock {
  now(): Date;
  /** Milliseconds from an arbitrary start; never goes back. Leases count with this one. */
  monotonicMs(): number;
  /** Ends early, without an error, when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
