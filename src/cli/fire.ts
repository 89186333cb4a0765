/** `disinto fire`: the same command completes what a failure left. */
import { fireAgent } from "../apply/fire.ts";
import type { ForgeAccess } from "../apply/forge-access.ts";
import { releaseWork } from "../bot/release.ts";
import type { Bot } from "../core/factory.ts";
import { deriveIdentities, formatRepo } from "../core/identities.ts";
import { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

interface FireFlags {
  readonly folder: string;
  readonly name: string;
  readonly keepUser?: boolean;
  readonly purge?: boolean;
}

export async function fire(tools: Tools, flags: FireFlags): Promise<ExitCode> {
  const { folder, name, keepUser = false, purge = false } = flags;
  await fireAgent(
    { ...tools, releaseWork: (bot, access) => release(tools, bot, access) },
    { folder, name, keepUser, purge },
  );
  tools.say(
    purge ? `${name} was removed` : `${name} was removed; its volumes are kept (disinto prune)`,
  );
  return ExitCode.done;
}

async function release(tools: Tools, bot: Bot, access: ForgeAccess): Promise<void> {
  const { factory, administrator } = access;
  const { credentials, forge } = administrator;
  const { login, password: token } = credentials;
  for (const { repo } of deriveIdentities(factory).repositories) {
    if (!(await forge.repositories.find(repo))) continue;
    const { mirror, discard } = await tools.scratchMirror({
      forgeUrl: factory.forge.url,
      repo,
      login,
      token,
    });
    try {
      const issues = await releaseWork({ mirror, issues: forge.forge.issues(repo), bot });
      for (const number of issues)
        tools.say(`issue #${number} of ${formatRepo(repo)} is in the backlog again`);
    } finally {
      await discard();
    }
  }
}
