/** What runs once on this machine: in a folder that is its home and goes with it, with nothing of the operator's. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Argv, run } from "../../adapters/process.ts";
import { removeTree } from "../../adapters/remove-tree.ts";
import type { OneShots } from "../../ports/one-shots.ts";
import { takeLastLines } from "../last-lines.ts";
import { machineEnvironment } from "./machine-environment.ts";

/** Image, user and limits are containers'. */
export function buildOneShots(signal: AbortSignal): OneShots {
  return {
    run: async ({ argv, input, timeoutMs }) => {
      const folder = await mkdtemp(path.join(tmpdir(), "disinto-once-"));
      try {
        const env = { ...machineEnvironment(), HOME: folder, TMPDIR: folder };
        const options = { cwd: folder, env, timeoutMs, signal, ...(input && { input }) };
        const { exitCode, ...output } = await run(argv as Argv, options);
        return { exitCode, lastLines: takeLastLines(output) };
      } finally {
        await removeTree(folder);
      }
    },
  };
}
