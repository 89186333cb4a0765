/** How many git processes run at once, for one user or address and for all; more are told to come again. */
import { ApiError } from "../http/api-error.ts";

const MOST_OF_ONE = 24;
const MOST = 64;
/** The most requests at once of all who may only read: whoever comes with several names leaves room for who works here. */
const MOST_OF_READERS = 40;

/** The most pushes at once: each may need all the memory that it may have. */
const MOST_PUSHES = 3;
const MOST_PUSHES_OF_ONE = 2;
const PUSH_WAIT_MS = 30_000;

export interface GitClient {
  /** A user, or an address where nobody signed in. */
  readonly who: string;
  readonly mayWrite: boolean;
}

export class GitSlots {
  readonly #running = new Map<string, number>();
  #all = 0;
  #readers = 0;
  readonly #pushes: string[] = [];
  readonly #waiting = new Set<() => void>();

  /** Answers how to give the slot back. */
  take({ who, mayWrite }: GitClient): () => void {
    const mine = this.#running.get(who) ?? 0;
    const isFull = this.#all >= MOST || (!mayWrite && this.#readers >= MOST_OF_READERS);
    if (mine >= MOST_OF_ONE || isFull)
      throw new ApiError(429, "too many git requests at once; try again soon");
    this.#change({ who, mayWrite }, mine + 1, 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#change({ who, mayWrite }, (this.#running.get(who) ?? 1) - 1, -1);
    };
  }

  /** A push waits for its turn; answers how to end it. */
  async takePush(who: string): Promise<() => void> {
    const untilMs = performance.now() + PUSH_WAIT_MS;
    while (!this.#mayPush(who)) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw new ApiError(429, "too many pushes at once; try again soon");
      await this.#untilChange(leftMs);
    }
    this.#pushes.push(who);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#pushes.splice(this.#pushes.indexOf(who), 1);
      for (const wake of this.#waiting) wake();
    };
  }

  #mayPush(who: string): boolean {
    const mine = this.#pushes.filter((one) => one === who).length;
    return this.#pushes.length < MOST_PUSHES && mine < MOST_PUSHES_OF_ONE;
  }

  /** Until a push has ended, or so long. */
  #untilChange(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, limitMs);
      this.#waiting.add(wake);
    });
  }

  #change({ who, mayWrite }: GitClient, mine: number, by: 1 | -1): void {
    this.#all += by;
    if (!mayWrite) this.#readers += by;
    if (mine > 0) this.#running.set(who, mine);
    else this.#running.delete(who);
  }
}
