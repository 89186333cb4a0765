/** Aborts when nothing was heard for too long; a program that still writes is at work, however long it takes. */
export class SilenceWatch {
  readonly #silenceMs: number;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout;

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => this.#ended.abort(), this.#silenceMs);
  }
}
