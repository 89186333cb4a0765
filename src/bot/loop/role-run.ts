/** What every role's loop is started with. */
import type { BotTools } from "../tools.ts";

export interface RoleRun {
  readonly tools: BotTools;
  readonly signal: AbortSignal;
  /** End after the first thing that is done. */
  readonly once: boolean;
}

/** Ends when the signal says so, or after one thing where it was asked for one only. */
export type RunRole = (run: RoleRun) => Promise<void>;
