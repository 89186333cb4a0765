/**
 * Takes a bot away. What names the bot goes last, so that the same command completes what a kill left: its
 * section until its work and user are gone, its credentials until nothing else of it is left.
 */
import { removeAgentSection } from "../config/agent-section.ts";
import { setEnvironment } from "../config/env-file.ts";
import { withLock } from "../config/file-lock.ts";
import { removeLlamaBot } from "../config/llama-bots.ts";
import { loadFactory } from "../config/load.ts";
import { type RefusedAccount, refuseAccount } from "../core/accounts.ts";
import type { Bot } from "../core/factory.ts";
import { deriveIdentities } from "../core/identities.ts";
import { deriveCredentialKeys, deriveServiceName, deriveVolumes } from "../core/names.ts";
import { DisintoError } from "../errors.ts";
import { FORGE_SERVICE } from "../forge-kinds/service.ts";
import type { Containers, ObservedContainer } from "../ports/containers.ts";
import { observeOwners } from "./accounts.ts";
import { type ForgeAccess, LOCK_LIMIT_MS, openForge } from "./forge-access.ts";
import { applyIdentities } from "./identities.ts";
import { lockIdentities, newSecret } from "./init.ts";
import type { InitTools } from "./init-tools.ts";
import { applyServices } from "./up.ts";

export interface FireTools extends InitTools {
  /** Takes leases and issues back from a bot that no longer runs. */
  readonly releaseWork: (bot: Bot, access: ForgeAccess) => Promise<void>;
}

export interface Firing {
  readonly folder: string;
  readonly name: string;
  /** The user stays on the forge, without tokens and without access. */
  readonly keepUser: boolean;
  /** Its volumes go too. */
  readonly purge: boolean;
}

export function fireAgent(tools: FireTools, firing: Firing): Promise<void> {
  return lockIdentities(firing.folder, () => fire(tools, firing));
}

async function fire(tools: FireTools, firing: Firing): Promise<void> {
  const { folder, name } = firing;
  const { factory, environment } = await loadFactory(folder, tools.version);
  const bot = factory.bots.find((one) => one.name === name);
  const keys = deriveCredentialKeys(name);
  if (!bot && !environment.has(keys.token) && !environment.has(keys.password))
    throw unknown(name, factory.bots);
  const containers = await tools.containers(factory, folder);
  const wasUp = (await findForge(containers))?.running ?? false;
  const access = await openForge(tools, folder);
  if (bot) await dismiss(tools, { ...firing, bot, access });
  await regenerate(tools, firing);
  const started = wasUp ? undefined : await findForge(containers);
  if (started) await stopAgain(tools, containers, started.id);
  await setEnvironment(folder, { [keys.token]: undefined, [keys.password]: undefined });
  tools.say(`- credentials of ${name}`);
}

async function findForge(containers: Containers): Promise<ObservedContainer | undefined> {
  return (await containers.observe()).containers.find(({ service }) => service === FORGE_SERVICE);
}

async function stopAgain(tools: FireTools, containers: Containers, id: string): Promise<void> {
  await containers.remove(id);
  tools.say("the forge is stopped again, as it was before");
}

function unknown(name: string, bots: readonly Bot[]): DisintoError {
  return new DisintoError("usage.invalid", `there is no bot ${name}`, {
    hint: `one of: ${bots.map((bot) => bot.name).join(", ") || "none is declared"}`,
  });
}

interface Dismissal extends Firing {
  readonly bot: Bot;
  readonly access: ForgeAccess;
}

async function dismiss(tools: FireTools, dismissal: Dismissal): Promise<void> {
  const { folder, bot, access } = dismissal;
  await stopService(tools, dismissal);
  const stranger = await findStranger(dismissal);
  if (stranger) tools.say(`the user ${bot.forgeUser} stays as it is: it ${stranger.because}`);
  else {
    await tools.releaseWork(bot, access);
    await removeIdentity(tools, dismissal);
  }
  await removeLlamaBot(folder, bot.name);
  const files = await removeAgentSection(folder, bot.name);
  tools.say(`- ${bot.name} in ${[bot.origin, ...files].join(", ")}`);
}

/** Set where the login is an account that is not this factory's: then nothing of it is touched. */
async function findStranger({ bot, access }: Dismissal): Promise<RefusedAccount | undefined> {
  const { factory, secrets, administrator } = access;
  const users = deriveIdentities(factory).users.filter(({ login }) => login === bot.forgeUser);
  const observed = await observeOwners({ forge: administrator.forge, secrets }, users);
  const ownership = { factoryId: factory.id, adopted: [] };
  return users.flatMap((user) => refuseAccount(user, observed.get(user.login), ownership) ?? [])[0];
}

async function stopService(tools: FireTools, { folder, bot, access, purge }: Dismissal) {
  const containers = await tools.containers(access.factory, folder);
  const service = deriveServiceName(bot);
  await withLock({ folder, name: "operator", waitMs: LOCK_LIMIT_MS }, async () => {
    const observed = await containers.observe();
    for (const container of observed.containers.filter((one) => one.service === service)) {
      await containers.remove(container.id);
      tools.say(`- service ${service}`);
    }
    for (const { name } of purge ? deriveVolumes(bot.name) : []) {
      if (!observed.volumes.has(name)) continue;
      await containers.removeVolume(name);
      tools.say(`- volume ${name}`);
    }
  });
}

async function removeIdentity(tools: FireTools, { bot, access, keepUser }: Dismissal) {
  const { users, tokens, repositories } = access.administrator.forge;
  const login = bot.forgeUser;
  if (!(await users.find(login))) return;
  const areManaged = await users.areManaged();
  for (const { id, name } of areManaged ? await tokens.list(login) : []) {
    await tokens.revoke(login, id);
    tools.say(`- token ${name} of ${login}`);
  }
  for (const { repo } of deriveIdentities(access.factory).repositories)
    if (await repositories.find(repo)) await repositories.revokeAccess(repo, login);
  if (!areManaged)
    return tools.say(
      `the user ${login} is left without access; ask the forge's administrator to remove it, and its tokens with it`,
    );
  if (keepUser) return tools.say(`the user ${login} is kept without access`);
  await users.remove(login);
  tools.say(`- user ${login}; its issues and comments are kept`);
}

/** The rest of the factory without the bot: branch protection, generated files, and no service left. */
async function regenerate(tools: FireTools, { folder, name }: Firing): Promise<void> {
  const { factory, environment, secrets, administrator } = await openForge(tools, folder);
  const { say } = tools;
  const { forge } = administrator;
  await applyIdentities(
    { forge, secrets, newSecret, fill: undefined, say },
    deriveIdentities(factory),
    { dryRun: false },
  );
  const containers = await tools.containers(factory, folder);
  const only = (["LLAMA_BOTS", "agents"] as const).map((declaredIn) =>
    deriveServiceName({ name, declaredIn }),
  );
  const { oneShots } = tools;
  const fleet = { factory, folder, containers, environment, say, oneShots };
  await applyServices({ ...fleet, only, remove: true, waitMs: LOCK_LIMIT_MS });
}
