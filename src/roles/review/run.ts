/** The loop of the review role: one review after the other; where it was is read from the forge. */
import { removeLeftovers } from "../../bot/loop/disk.ts";
import { repeat } from "../../bot/loop/repeat.ts";
import type { RoleRun } from "../../bot/loop/role-run.ts";
import { reviewNext } from "./queue.ts";

export async function runReview({ tools, signal, once }: RoleRun): Promise<void> {
  const reviewed = new Map<string, string>();
  await removeLeftovers(tools, undefined);
  await repeat(tools, signal, {
    act: async (signal) => {
      const found = await reviewNext(tools, reviewed, signal);
      if (!found) await tools.clock.sleep(tools.pollIntervalMs, signal);
      return once && found ? "stop" : "go";
    },
    recover: async ({ kind }) => {
      if (kind === "disk-full") await removeLeftovers(tools, undefined);
    },
  });
}
