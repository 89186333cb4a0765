/** Turn after turn: what the outside fails at is reported, recovered and waited out; a bug ends the bot. */

import type { BotTools } from "../tools.ts";
import { backoffMs } from "./backoff.ts";
import { classifyFailure, type Failure } from "./failure.ts";

interface LoopBody {
  /** The signal ends with the loop's own, and when the bot is paused. */
  act(signal: AbortSignal): Promise<"go" | "stop">;
  /** The one thing to do about a failure of this class, beside waiting. */
  recover(failure: Failure): Promise<void>;
}

type Tools = Pick<
  BotTools,
  "clock" | "events" | "pauses" | "pollIntervalMs" | "progress" | "random"
>;

/** A forge that asks to be asked less often means it. */
const LIMITED_MS = 30_000;

export async function repeat(tools: Tools, signal: AbortSignal, loop: LoopBody): Promise<void> {
  const row = new FailureSeries(tools);
  while (!signal.aborted) {
    try {
      const next = await tools.pauses.run(signal, (signal) => loop.act(signal));
      row.end();
      if (next === "stop") return;
      tools.progress.note();
    } catch (error) {
      if (signal.aborted) return;
      const failure = classifyFailure(error);
      if (!failure) throw error;
      const waitMs = row.add(failure);
      await recoverFrom(loop, failure, row);
      await tools.clock.sleep(waitMs, signal);
    }
  }
}

/** A recovery that fails for a reason of the outside is tried again after the next turn. */
async function recoverFrom(loop: LoopBody, failure: Failure, row: FailureSeries): Promise<void> {
  try {
    await loop.recover(failure);
  } catch (error) {
    const next = classifyFailure(error);
    if (!next) throw error;
    row.add(next);
  }
}

/** Failures one after the other. */
class FailureSeries {
  readonly #tools: Tools;
  #length = 0;
  readonly #told = new Set<string>();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  end(): void {
    this.#length = 0;
    for (const code of this.#told) this.#tools.events.append({ type: "failure.ended", code });
    this.#told.clear();
  }

  /** How long to wait; says so the first time, and then each time that the row has doubled. */
  add({ kind, error }: Failure): number {
    const { events, pollIntervalMs, progress, random } = this.#tools;
    this.#length += 1;
    const baseMs = kind === "rate-limited" ? Math.max(LIMITED_MS, pollIntervalMs) : pollIntervalMs;
    const retryInMs = Math.round(backoffMs({ failures: this.#length, baseMs, random }));
    const { code, message } = error;
    if (kind === "token-revoked") progress.noteFailure(message);
    if (Number.isInteger(Math.log2(this.#length))) {
      events.append({ type: "failure", code, message, retryInMs });
      this.#told.add(code);
    }
    return retryInMs;
  }
}
