/** How often a password may be tried: by name and address, so that nobody is locked out by somebody elsewhere. */
import { ApiError } from "../http/api-error.ts";

const MOST_WRONG = 10;
const WINDOW_MS = 60_000;
/** Each costs 16 MB and a tenth of a second. */
const MOST_AT_ONCE = 16;
const MOST_KEPT = 10_000;

export class Attempts {
  readonly #wrong = new Map<string, { count: number; readonly sinceMs: number }>();
  #running = 0;

  /** Counts a try that fails, and refuses one too many without looking at it. */
  async guard<Result>(key: string, attempt: () => Promise<Result | undefined>) {
    const known = this.#find(key);
    if (this.#running >= MOST_AT_ONCE || (known && known.count >= MOST_WRONG))
      throw new ApiError(429, "too many passwords were tried; try again in a minute");
    this.#running += 1;
    try {
      const result = await attempt();
      if (result === undefined) this.#count(key);
      else this.#wrong.delete(key);
      return result;
    } finally {
      this.#running -= 1;
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
