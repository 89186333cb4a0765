import { listSpareVolumes, removeSpareVolumes, type SpareVolume } from "../apply/prune.ts";
import { formatTime } from "../core/problems.ts";
import { ExitCode } from "../errors.ts";
import type { CiLeftover, CiLeftovers } from "../ports/ci-leftovers.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

interface PruneFlags {
  readonly folder: string;
  readonly remove?: readonly string[] | undefined;
  /** What runs of the CI left whose agent was killed. */
  readonly ci?: boolean;
  readonly json?: boolean;
}

/** Lists volumes that nothing declared uses; removes those that are named. */
export async function prune(tools: Tools, flags: PruneFlags): Promise<ExitCode> {
  const { folder, remove = [], ci = false, json = false } = flags;
  const fleet = await openFleet(tools, folder);
  const leftovers = await tools.ciLeftovers(fleet.factory.engine);
  const left = (await leftovers?.list(tools.clock.now())) ?? [];
  if (remove.length > 0) {
    await removeSpareVolumes(fleet, remove);
    tools.say(`removed ${remove.join(", ")}`);
  }
  if (ci) await removeLeftovers(tools, leftovers, left);
  if (remove.length > 0 || ci) return ExitCode.done;
  const volumes = await listSpareVolumes(fleet);
  const lines = formatLines(volumes, left);
  tools.print(json ? `${JSON.stringify({ volumes, ci: left }, undefined, 2)}\n` : lines.join(""));
  if (!json && lines.length === 0) tools.say("every volume is in use");
  return ExitCode.done;
}

async function removeLeftovers(
  tools: Tools,
  leftovers: CiLeftovers | undefined,
  left: readonly CiLeftover[],
): Promise<void> {
  for (const one of left) {
    await leftovers?.remove(one);
    tools.say(`removed ${one.kind} ${one.name}`);
  }
  if (left.length === 0) tools.say("nothing is left of the CI's runs");
}

function formatLines(
  volumes: readonly SpareVolume[],
  left: readonly CiLeftover[],
): readonly string[] {
  const width = Math.max(0, ...volumes.map(({ volume }) => volume.length));
  return [
    ...volumes.map(({ volume, mountedBy }) => {
      const use = mountedBy.length > 0 ? `mounted by ${mountedBy.join(", ")}` : "unused";
      return `${volume.padEnd(width)}   ${use}\n`;
    }),
    ...left.map(
      ({ kind, name, since }) =>
        `${kind} ${name}   left by a run of the CI of ${formatTime(since)} (disinto prune --ci)\n`,
    ),
  ];
}
