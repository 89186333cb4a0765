import { listSpareVolumes, removeSpareVolumes } from "../apply/prune.ts";
import { ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

/** Lists volumes that nothing declared uses; removes those that are named. */
export async function prune(
  tools: Tools,
  { folder, remove = [], json }: { folder: string; remove?: readonly string[]; json?: boolean },
): Promise<ExitCode> {
  const fleet = await openFleet(tools, folder);
  if (remove.length > 0) {
    await removeSpareVolumes(fleet, remove);
    tools.say(`removed ${remove.join(", ")}`);
    return ExitCode.done;
  }
  const volumes = await listSpareVolumes(fleet);
  const width = Math.max(0, ...volumes.map(({ volume }) => volume.length));
  const lines = volumes.map(({ volume, mountedBy }) => {
    const use = mountedBy.length > 0 ? `mounted by ${mountedBy.join(", ")}` : "unused";
    return `${volume.padEnd(width)}   ${use}\n`;
  });
  tools.print(json ? `${JSON.stringify({ volumes }, undefined, 2)}\n` : lines.join(""));
  if (!json && volumes.length === 0) tools.say("every volume is in use");
  return ExitCode.done;
}
