/** Holds the loops of a bot while a person has paused it: nothing is begun, and what runs is put aside within one poll. */
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { Pause } from "../leases/pauses.ts";

interface PauseWatchTools {
  /** Answers undefined where the bot may work. */
  readonly find: () => Promise<Pick<Pause, "by" | "reason"> | undefined>;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly pollIntervalMs: number;
}

/** However short the poll: each look starts a process. */
const LEAST_MS = 1_000;

/** One for all loops of a bot: they share its looks. */
export class PauseWatch {
  readonly #tools: PauseWatchTools;
  readonly #everyMs: number;
  #isPaused = false;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<boolean> | undefined;

  constructor(tools: PauseWatchTools) {
    this.#tools = tools;
    this.#everyMs = Math.max(tools.pollIntervalMs, LEAST_MS);
  }

  /** Runs the act unless the bot is paused, and ends its signal when the bot is paused meanwhile. */
  async run<Result>(
    signal: AbortSignal,
    act: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result | "paused"> {
    if (await this.#look()) {
      await this.#tools.clock.sleep(this.#tools.pollIntervalMs, signal);
      return "paused";
    }
    const [over, stop] = [new AbortController(), new AbortController()];
    const watching = this.#watch(AbortSignal.any([signal, over.signal]), stop);
    try {
      return await act(AbortSignal.any([signal, stop.signal]));
    } catch (error) {
      // What was ended in its midst is no failure.
      if (stop.signal.aborted && !signal.aborted) return "paused";
      throw error;
    } finally {
      over.abort();
      await watching;
    }
  }

  async #watch(over: AbortSignal, stop: AbortController): Promise<void> {
    const { clock } = this.#tools;
    while (!over.aborted) {
      await clock.sleep(this.#everyMs, over);
      if (over.aborted || !(await this.#look().catch(ignoreFailure))) continue;
      stop.abort();
      return;
    }
  }

  /** What another loop saw half a poll ago is new enough. */
  #look(): Promise<boolean> {
    const { clock } = this.#tools;
    if (clock.monotonicMs() - this.#lookedAtMs < this.#everyMs / 2)
      return Promise.resolve(this.#isPaused);
    this.#looking ??= this.#ask().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #ask(): Promise<boolean> {
    const { find, clock, events } = this.#tools;
    const pause = await find();
    this.#lookedAtMs = clock.monotonicMs();
    if (pause && !this.#isPaused) {
      const { by, reason } = pause;
      events.append({ type: "bot.paused", person: by, ...(reason !== undefined && { reason }) });
    }
    if (!pause && this.#isPaused) events.append({ type: "bot.resumed" });
    this.#isPaused = pause !== undefined;
    return this.#isPaused;
  }
}

/** What runs meets a forge that is away by itself; the watch only looks again later. */
function ignoreFailure(error: unknown): false {
  if (error instanceof DisintoError) return false;
  throw error;
}
