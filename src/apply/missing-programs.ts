/** Which programs an image, or this machine, has not. */
import { harnessUids } from "../core/uids.ts";
import { DisintoError } from "../errors.ts";
import type { OneShots } from "../ports/one-shots.ts";

export interface ProgramsPlace {
  readonly oneShots: OneShots;
  /** The name of the factory's containers. */
  readonly project: string;
  /** Without meaning where the engine runs no images. */
  readonly image: string;
}

const limits = { memory: "256m", cpus: 1, pids: 64 };
const timeoutMs = 60_000;

/** A fixed text; answers those of its arguments that are no program there. */
const namesMissing =
  'for one do command -v "$one" >/dev/null 2>&1 || printf "missing %s\\n" "$one"; done';

export async function findMissingPrograms(
  { oneShots, project, image }: ProgramsPlace,
  programs: readonly string[],
): Promise<ReadonlySet<string>> {
  const { exitCode, lastLines } = await oneShots.run({
    project,
    name: "programs",
    image,
    argv: ["sh", "-c", namesMissing, "sh", ...programs],
    user: `${harnessUids.dev}:${harnessUids.dev}`,
    limits,
    timeoutMs,
  });
  if (exitCode !== 0)
    throw new DisintoError("engine.failed", lastLines, {
      hint: "npm run images, or correct image in the configuration",
    });
  return new Set([...lastLines.matchAll(/^missing (.*)$/gm)].map(([, name = ""]) => name));
}
