/** How often a password may be tried: by name and address, so that nobody is locked out by somebody elsewhere. */
import { ApiError } from "../http/api-error.ts";

const MOST_WRONG = 10;
const WINDOW_MS = 60_000;
/** Each costs 16 MB and a tenth of a second. */
const MOST_AT_ONCE = 16;
const MOST_AT_ONCE_OF_ONE = 8;
const MOST_KEPT = 10_000;

interface Guess {
  readonly name: string;
  readonly address: string;
}

export class Attempts {
  readonly #wrong = new Map<string, { count: number; readonly sinceMs: number }>();
  readonly #running: string[] = [];

  /** Counts a try that fails, and refuses one too many without looking at it. */
  async guard<Result>(
    { name, address }: Guess,
    attempt: () => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    const key = `${name.toLowerCase()} ${address}`;
    const known = this.#find(key);
    const mine = this.#running.filter((from) => from === address).length;
    const isFull = this.#running.length >= MOST_AT_ONCE || mine >= MOST_AT_ONCE_OF_ONE;
    if (isFull || (known && known.count >= MOST_WRONG))
      throw new ApiError(429, "too many passwords were tried; try again in a minute");
    this.#running.push(address);
    try {
      const result = await attempt();
      if (result === undefined) this.#count(key);
      else this.#wrong.delete(key);
      return result;
    } finally {
      this.#running.splice(this.#running.indexOf(address), 1);
    }
  }

  #find(key: string) {
    const known = this.#wrong.get(key);
    if (!known || performance.now() - known.sinceMs < WINDOW_MS) return known;
    this.#wrong.delete(key);
    return undefined;
  }

  #count(key: string): void {
    const known = this.#find(key);
    if (known) known.count += 1;
    else this.#wrong.set(key, { count: 1, sinceMs: performance.now() });
    const [oldest] = this.#wrong.keys();
    if (this.#wrong.size > MOST_KEPT && oldest !== undefined) this.#wrong.delete(oldest);
  }
}
