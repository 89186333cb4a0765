/** Whether the program of each bot's harness is there where the bot runs: in its image, or on this machine. */
import { deriveImage } from "../core/desired.ts";
import type { Bot } from "../core/factory.ts";
import { engines } from "../engines/definitions.ts";
import { DisintoError } from "../errors.ts";
import { harnesses } from "../harness/definitions.ts";
import { describePlace, type ImageExamination } from "./doctor-images.ts";
import type { Finding } from "./finding.ts";
import { findMissingPrograms } from "./missing-programs.ts";

const subject = "agent";

export async function checkPrograms(fleet: ImageExamination): Promise<readonly Finding[]> {
  const places = new Map<string, readonly Bot[]>();
  for (const bot of fleet.factory.bots.filter(({ enabled }) => enabled)) {
    const { runsImages } = engines[fleet.factory.engine];
    const image = runsImages ? deriveImage(bot, fleet.factory) : "";
    places.set(image, [...(places.get(image) ?? []), bot]);
  }
  const checks = [...places].map(([image, bots]) => checkPlace(fleet, image, bots));
  return (await Promise.all(checks)).flat();
}

async function checkPlace(
  fleet: ImageExamination,
  image: string,
  bots: readonly Bot[],
): Promise<readonly Finding[]> {
  const programs = new Map<string, readonly string[]>();
  for (const bot of bots) {
    const program = harnesses[bot.harness].program(bot);
    if (program !== undefined) programs.set(program, [...(programs.get(program) ?? []), bot.name]);
  }
  if (programs.size === 0) return [];
  const where = describePlace(fleet, image);
  try {
    const missing = await findMissingPrograms(
      { oneShots: fleet.oneShots, project: fleet.containers.project, image },
      [...programs.keys()],
    );
    return [...programs].map(([program, users]): Finding => {
      if (!missing.has(program))
        return { subject, verdict: "good", message: `${program} is installed ${where}` };
      const message = `${program} is not installed ${where}, and ${users.join(", ")} cannot work without it`;
      return { subject, verdict: "bad", message, hint: hintFor(fleet) };
    });
  } catch (error) {
    if (!(error instanceof DisintoError)) throw error;
    return [{ subject, verdict: "bad", message: `${where}: ${error.message}`, hint: error.hint }];
  }
}

function hintFor({ factory }: ImageExamination): string {
  return engines[factory.engine].runsImages
    ? "npm run images builds the agents in (on a local base: npm run images -- --base IMAGE --agents)"
    : "install it where PATH finds it, then run disinto up in that shell";
}
