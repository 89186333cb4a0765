/**
 * An embedded forge in a process of its own. Starting a program copies the page tables of the process that starts it, and
 * a test's process is large: git started by a forge within it takes several times as long, while the test stands still.
 */
import { type ForgeOptions, type RunningForge, startForge } from "../../src/forge/serve.ts";
import { findFreePort } from "./fleet.ts";
import { Processes } from "./processes.ts";

export async function startForgeProcess({
  folder,
  port,
}: Pick<ForgeOptions, "folder" | "port">): Promise<RunningForge> {
  if (process.env.DISINTO_TEST_FORGE === "in-process") return startForge({ folder, port });
  const processes = new Processes();
  const url = await processes.startForge(folder, port === 0 ? await findFreePort() : port);
  return { url, port: Number(new URL(url).port), close: () => processes.stop("forge") };
}
