/** What every command about the fleet starts with: the configuration, and the engine it names. */
import { createInterface } from "node:readline/promises";
import type { Fleet } from "../apply/observe.ts";
import { toTerminalText } from "../core/terminal-text.ts";
import type { Tools } from "./tools.ts";

export async function openFleet(tools: Tools, folder: string): Promise<Fleet> {
  const openEngine = await tools.askEngine(folder);
  const { loadFactory } = await import("../config/load.ts");
  const loaded = await loadFactory(folder, tools.version);
  return { ...loaded, folder, containers: await openEngine(loaded.factory) };
}

/** Undefined where nobody is there to answer. */
export function askOnTerminal(
  signal: AbortSignal,
): ((question: string) => Promise<boolean>) | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await terminal.question(`${toTerminalText(question)} [y/N] `, { signal });
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      terminal.close();
    }
  };
}
