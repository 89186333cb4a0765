/**
 * Volumes that one service writes and bots have mounted, such as the CI's: their roots are closed to everybody before a
 * bot starts, their owner included, since who may change users becomes that one. The service opens them by a capability
 * (DAC_OVERRIDE) that no bot has. The owner stays who it is.
 */
import { DisintoError } from "../errors.ts";
import type { Containers } from "../ports/containers.ts";
import type { OneShots } from "../ports/one-shots.ts";

export interface VolumeTools {
  readonly containers: Pick<Containers, "observe" | "project">;
  readonly oneShots: OneShots;
  /** What runs the change of mode: an image that has chmod and will be needed anyway. */
  readonly image: string;
}

/** Where the service that makes the volume could not start, there is none; a container here would make it without labels. */
export async function closeVolume(
  { containers, oneShots, image }: VolumeTools,
  volume: string,
): Promise<void> {
  if (!(await containers.observe()).volumes.has(volume)) return;
  const { exitCode, lastLines } = await oneShots.run({
    project: containers.project,
    name: `close-${volume}`,
    image,
    argv: ["chmod", "0000", "/volume"],
    volumes: { "/volume": `${containers.project}_${volume}` },
    user: "0:0",
    capabilities: ["FOWNER"],
    limits: { memory: "64m", cpus: 1, pids: 16 },
    timeoutMs: 60_000,
  });
  if (exitCode === 0) return;
  throw new DisintoError(
    "engine.failed",
    `the access rights of volume ${volume} could not be restricted: ${lastLines}`,
    { hint: `check that the image ${image} exists; no bot was started` },
  );
}
