/** What an operator's command asks of V8: it soon ends, or waits for others. */
import { setFlagsFromString } from "node:v8";

/** Eight times V8's own. */
const interruptBudget = 540_000;

/**
 * Only code that stays hot is optimised: the threads that optimise would take the processors from a command that ends
 * before their work pays. Called when everything is loaded, since Node takes its own modules from a cache that holds
 * for the settings at the start alone; and for Node 20 only, whose successors know no such setting.
 */
export function expectShortRun(): void {
  if (process.versions.node.startsWith("20."))
    setFlagsFromString(`--interrupt-budget=${interruptBudget}`);
}
