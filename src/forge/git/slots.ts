/** How many git processes run at once, for one user or address and for all; more are told to come again. */
import { ApiError } from "../http/api-error.ts";

const MOST_OF_ONE = 24;
const MOST = 64;

export class GitSlots {
  readonly #running = new Map<string, number>();
  #all = 0;

  /** Answers how to give the slot back. */
  take(who: string): () => void {
    const mine = this.#running.get(who) ?? 0;
    if (mine >= MOST_OF_ONE || this.#all >= MOST)
      throw new ApiError(429, "too many git requests at once; try again soon");
    this.#running.set(who, mine + 1);
    this.#all += 1;
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#all -= 1;
      const left = (this.#running.get(who) ?? 1) - 1;
      if (left > 0) this.#running.set(who, left);
      else this.#running.delete(who);
    };
  }
}
