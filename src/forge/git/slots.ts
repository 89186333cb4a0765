/** How many git processes run at once, for one user or address and for all; more are told to come again. */
import { ApiError } from "../http/api-error.ts";

const MOST_OF_ONE = 24;
const MOST = 64;
/** Of those who may only read, together: whoever comes with several names leaves room for who works here. */
const MOST_OF_READERS = 40;

export interface Taker {
  /** A user, or an address where nobody signed in. */
  readonly who: string;
  readonly mayWrite: boolean;
}

export class GitSlots {
  readonly #running = new Map<string, number>();
  #all = 0;
  #readers = 0;

  /** Answers how to give the slot back. */
  take({ who, mayWrite }: Taker): () => void {
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

  #change({ who, mayWrite }: Taker, mine: number, by: 1 | -1): void {
    this.#all += by;
    if (!mayWrite) this.#readers += by;
    if (mine > 0) this.#running.set(who, mine);
    else this.#running.delete(who);
  }
}
