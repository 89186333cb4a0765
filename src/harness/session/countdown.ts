/** Aborts when a time has passed that may be begun anew, or stand still while somebody else is waited for. */
export class Countdown {
  readonly #limitMs: number;
  readonly #ended = new AbortController();
  #leftMs: number;
  #startMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #holds = 0;
  #isStopped = false;

  constructor(limitMs: number) {
    // What a timer of Node's can hold.
    this.#limitMs = Math.min(limitMs, 2 ** 31 - 1);
    this.#leftMs = this.#limitMs;
    this.#run();
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#leftMs = this.#limitMs;
    if (this.#holds === 0) this.#run();
  }

  /** Stands still until as many calls of `resume`. */
  hold(): void {
    this.#holds += 1;
    if (this.#holds > 1) return;
    clearTimeout(this.#timer);
    this.#leftMs -= performance.now() - this.#startMs;
  }

  resume(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#run();
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    if (this.#isStopped) return;
    this.#startMs = performance.now();
    this.#timer = setTimeout(() => this.#ended.abort(), Math.max(0, this.#leftMs));
  }
}
