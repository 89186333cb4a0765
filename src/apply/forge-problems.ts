/** What the administrator sees at the forge that keeps bots from working there, whatever they try. */

import { belongsToOther } from "../core/accounts.ts";
import type { Factory } from "../core/factory.ts";
import type { Problem } from "../core/problems.ts";
import { describeForgeVersion, type TriedBot } from "../core/service-problems.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import type { ForgeAdmin, ForgeProbe } from "../ports/forge-admin.ts";

type Probe = (url: string) => Promise<ForgeProbe>;

/** The version that the image of `.env` would answer; undefined where nothing says it. */
function expectedVersion({ forge, images }: Pick<Factory, "forge" | "images">): string | undefined {
  return forgeKinds[forge.kind].service?.versionOf?.(images.forgejo);
}

export async function checkForgeVersion(
  factory: Pick<Factory, "forge" | "images">,
  probe: Probe,
): Promise<readonly Problem[]> {
  const expected = expectedVersion(factory);
  if (expected === undefined) return [];
  const { url } = factory.forge;
  const { version } = await probe(url);
  return describeForgeVersion({ url, version, expected });
}

/** Marks those bots whose credentials do not work and whose account carries another factory's mark. */
export async function markTaken<Bot extends TriedBot>(
  bots: readonly Bot[],
  { users }: Pick<ForgeAdmin, "users">,
  factoryId: string | undefined,
): Promise<readonly (Bot & { readonly isTaken: boolean })[]> {
  return Promise.all(
    bots.map(async (bot) => {
      const isTried = bot.credentials === "refused" || bot.credentials === "foreign";
      const found = isTried ? await users.find(bot.forgeUser) : undefined;
      return { ...bot, isTaken: found !== undefined && belongsToOther(found, factoryId) };
    }),
  );
}
