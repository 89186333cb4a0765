/**
 * Whose volumes are. Those that one service writes and bots have mounted, such as the CI's: their roots are closed to
 * everybody but their owner before a bot starts, so that no harness reads there, and the owner stays who it is. A bot's
 * own, of an older version: they become the runner's.
 */
import type { Desired } from "../core/desired.ts";
import type { Volume } from "../core/service.ts";
import { DisintoError } from "../errors.ts";
import type { Containers } from "../ports/containers.ts";
import type { OneShots } from "../ports/one-shots.ts";

export interface VolumeTools {
  readonly containers: Pick<Containers, "observe" | "project">;
  readonly oneShots: OneShots;
  /** What runs the change of mode: an image that has chmod and will be needed anyway. */
  readonly image: string;
}

/** Volumes of others that these services have mounted. */
export function listSharedVolumes(
  { services }: Desired,
  names: readonly string[],
): readonly string[] {
  const mounts = services
    .filter(({ name }) => names.includes(name))
    .flatMap((service) => service.mounts.filter(({ type }) => type === "volume"));
  return [...new Set(mounts.map(({ source }) => source))].sort();
}

/** Only where another user has them; roots come last, so that what was broken off is done again. Answers the changed. */
export async function handOver(
  { containers, oneShots, image }: VolumeTools,
  volumes: readonly Volume[],
): Promise<readonly string[]> {
  const { volumes: existing } = await containers.observe();
  const there = volumes.filter(({ name, owner }) => owner !== undefined && existing.has(name));
  const [first] = there;
  if (!first) return [];
  const owner = `${first.owner}:${first.owner}`;
  const places = there.map(({ name }) => [`/volumes/${name}`, `${containers.project}_${name}`]);
  const foreign = ["-mindepth", "1", "-maxdepth", "1", "!", "-user", String(first.owner)];
  const change = ["-exec", "chown", "--recursive", "--no-dereference", owner, "{}", ";"];
  const { exitCode, lastLines } = await oneShots.run({
    name: `${containers.project}-hand-over`,
    image,
    argv: ["find", "/volumes", ...foreign, ...change, "-printf", "%f\\n"],
    volumes: Object.fromEntries(places),
    user: "0:0",
    capabilities: ["CHOWN", "DAC_READ_SEARCH"],
    limits: { memory: "256m", cpus: 1, pids: 16 },
    timeoutMs: 30 * 60_000,
  });
  if (exitCode === 0) return lastLines.split("\n").filter((line) => existing.has(line));
  const names = there.map(({ name }) => name).join(", ");
  const message = `${names} could not be handed over to user ${first.owner}: ${lastLines}`;
  throw new DisintoError("engine.failed", message, {
    hint: `look whether the image ${image} is there; no bot was started`,
  });
}

/** A volume that does not exist yet is left to the engine, whose labels it must carry. */
export async function closeVolumes(
  { containers, oneShots, image }: VolumeTools,
  volumes: readonly string[],
): Promise<void> {
  const { volumes: existing } = await containers.observe();
  for (const volume of volumes.filter((name) => existing.has(name))) {
    const { exitCode, lastLines } = await oneShots.run({
      name: `${containers.project}-close-${volume}`,
      image,
      argv: ["chmod", "0700", "/volume"],
      volumes: { "/volume": `${containers.project}_${volume}` },
      user: "0:0",
      capabilities: ["FOWNER"],
      limits: { memory: "64m", cpus: 1, pids: 16 },
      timeoutMs: 60_000,
    });
    if (exitCode === 0) continue;
    throw new DisintoError(
      "engine.failed",
      `the volume ${volume} could not be closed to the harnesses: ${lastLines}`,
      { hint: `look whether the image ${image} is there; no bot was started` },
    );
  }
}
