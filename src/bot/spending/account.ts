/** One session's account while it runs: what it has used, kept at once, and whether it may have another turn. */
import type { ReachedLimit } from "../../core/budgets.ts";
import type { Amounts } from "../../core/spending.ts";
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Meter, MeteredUsage } from "../../ports/harness.ts";

export const NONE_USED: MeteredUsage = { inputTokens: 0, outputTokens: 0, money: 0 };

interface AccountTools {
  readonly clock: Clock;
  readonly pollIntervalMs: number;
  readonly save: (usage: MeteredUsage, seconds: number) => Promise<void>;
  readonly publish: (used: Amounts) => Promise<void>;
  readonly judge: (used: Amounts) => Promise<readonly ReachedLimit[]>;
  readonly price: (usage: MeteredUsage) => number;
  readonly end: () => Promise<void>;
  /** Says once that the session is over a soft limit of its own; answers how to take it back. */
  readonly warn: (used: Amounts) => (() => void) | undefined;
}

/** One session while it runs. */
export class Account implements Meter {
  readonly #tools: AccountTools;
  #usage = NONE_USED;
  #startMs: number | undefined;
  #publishedAtMs = Number.NEGATIVE_INFINITY;
  #unwarn: (() => void) | undefined;
  /** The budget that ended it. */
  reached: ReachedLimit | undefined;

  constructor(tools: AccountTools) {
    this.#tools = tools;
  }

  /** Waiting for a slot is no use of the model. */
  start(): void {
    this.#startMs = this.#tools.clock.monotonicMs();
  }

  async note(usage: MeteredUsage): Promise<void> {
    this.#usage = usage;
    await this.#tools.save(usage, this.#seconds);
  }

  /** Before a turn; a sentence refuses it. What others spend is read once in a poll. */
  async refuse(): Promise<string | undefined> {
    const { clock, pollIntervalMs, publish, judge } = this.#tools;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#publishedAtMs >= pollIntervalMs) {
      this.#publishedAtMs = nowMs;
      await publish(this.#used).catch(ignoreFailure);
    }
    this.#unwarn ??= this.#tools.warn(this.#used);
    const reached = await judge(this.#used).catch(ignoreFailure);
    this.reached = reached?.[0] ?? this.reached;
    return this.reached?.reason;
  }

  async close(usage: MeteredUsage | undefined): Promise<void> {
    if (usage) this.#usage = usage;
    await this.#tools.save(this.#usage, this.#seconds);
    this.#unwarn?.();
    await this.#tools.end();
  }

  get #seconds(): number {
    if (this.#startMs === undefined) return 0;
    return (this.#tools.clock.monotonicMs() - this.#startMs) / 1000;
  }

  get #used(): Amounts {
    const { inputTokens, outputTokens } = this.#usage;
    return {
      money: this.#tools.price(this.#usage),
      tokens: inputTokens + outputTokens,
      hours: this.#seconds / 3600,
    };
  }
}

/** A session goes on while the forge is away, by what was read last. */
function ignoreFailure(error: unknown): undefined {
  if (!(error instanceof DisintoError)) throw error;
}
