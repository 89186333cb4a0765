/** A volume of an older version becomes the runner's: only where another user has it, and as a whole. */
import { DisintoError } from "../errors.ts";
import type { Containers } from "../ports/containers.ts";
import type { OneShots } from "../ports/one-shots.ts";

export interface HandOverTools {
  readonly containers: Pick<Containers, "observe" | "project" | "remove">;
  readonly oneShots: OneShots;
  /** An image that has chown and will be needed anyway. */
  readonly image: string;
  readonly say: (line: string) => void;
}

interface HandOver {
  readonly volume: string;
  readonly owner: number;
  readonly containers: readonly string[];
}

export async function handOverVolume(
  { containers, oneShots, image, say }: HandOverTools,
  { volume, owner, containers: older }: HandOver,
): Promise<void> {
  const { containers: existing } = await containers.observe();
  for (const id of older) if (existing.some((one) => one.id === id)) await containers.remove(id);
  // Its root comes last, so that what was broken off is done again.
  const change = ["-exec", "chown", "-R", "--no-dereference", `${owner}:${owner}`, "{}", ";"];
  const { exitCode, lastLines } = await oneShots.run({
    project: containers.project,
    name: `hand-over-${volume}`,
    image,
    argv: ["find", "/volume", "-maxdepth", "0", "!", "-user", String(owner), ...change, "-print"],
    volumes: { "/volume": `${containers.project}_${volume}` },
    user: "0:0",
    capabilities: ["CHOWN", "DAC_READ_SEARCH"],
    limits: { memory: "256m", cpus: 1, pids: 16 },
    timeoutMs: 30 * 60_000,
  });
  if (exitCode !== 0)
    throw new DisintoError("engine.failed", `${volume} was not handed over: ${lastLines}`, {
      hint: `check that the image ${image} exists; no bot was started`,
    });
  if (lastLines.includes("/volume")) say(`the files of ${volume} belong to user ${owner} now`);
}
