/** New credentials for bots that go on working: the old token is revoked when its holder has the new one. */
import type { DesiredUser } from "../core/accounts.ts";
import type { Factory } from "../core/factory.ts";
import { deriveIdentities } from "../core/identities.ts";
import { formatCredential } from "../core/identity-text.ts";
import { CI_NAME, deriveServiceName, formatTokenName, isOurToken } from "../core/names.ts";
import { DisintoError } from "../errors.ts";
import type { Credential, Token } from "../ports/forge-admin.ts";
import { makeToken, observeAccounts, requireOwnAccounts } from "./accounts.ts";
import { type ForgeAccess, LOCK_LIMIT_MS, openForge } from "./forge-access.ts";
import { lockIdentities, newSecret } from "./init.ts";
import type { InitTools } from "./init-tools.ts";
import { applyServices } from "./up.ts";

export interface Rotation {
  readonly folder: string;
  /** Empty: every bot, and the local CI. */
  readonly names: readonly string[];
}

interface CredentialHolder {
  readonly user: DesiredUser;
  readonly service: string;
}

export function rotateCredentials(tools: InitTools, rotation: Rotation): Promise<void> {
  return lockIdentities(rotation.folder, () => rotate(tools, rotation));
}

async function rotate(tools: InitTools, { folder, names }: Rotation): Promise<void> {
  const access = await openForge(tools, folder);
  await requireManagedAccounts(access);
  const holders = chooseHolders(access.factory, names);
  const foreign = await findForeign(access, holders);
  const { tokens, credentials } = access.administrator.forge;
  const outdated: { login: string; token: Token }[] = [];
  for (const { user } of holders) {
    const old = (await tokens.list(user.login)).filter(({ name }) => isOurToken(name));
    await renewToken(access, user, old);
    tools.say(`~ password and token of ${user.login}`);
    for (const credential of foreign.get(user.login) ?? []) {
      await credentials.remove(user.login, credential);
      tools.say(
        `- ${formatCredential(credential)} of ${user.login}, which was not of this factory`,
      );
    }
    outdated.push(...old.map((token) => ({ login: user.login, token })));
  }
  await restart(tools, folder, holders);
  for (const { login, token } of outdated) await tokens.revoke(login, token.id);
  tools.say(`${outdated.length} older tokens revoked`);
}

async function requireManagedAccounts({ administrator, factory }: ForgeAccess): Promise<void> {
  if (await administrator.forge.users.areManaged()) return;
  const { adminUser, url } = factory.forge;
  throw new DisintoError(
    "forge.forbidden",
    `${adminUser} is no administrator of ${url}, and only one renews the credentials of other accounts`,
    {
      hint: "make a new token of each bot on the forge, put it into .env (disinto secrets set FORGE_TOKEN_<NAME>), run disinto up, and revoke the old one there",
    },
  );
}

function chooseHolders(factory: Factory, names: readonly string[]): readonly CredentialHolder[] {
  const services = new Map(factory.bots.map((bot) => [bot.forgeUser, deriveServiceName(bot)]));
  const logins = names.map((name) => {
    const bot = factory.bots.find((one) => one.name === name);
    if (bot) return bot.forgeUser;
    const hint = `one of: ${factory.bots.map((one) => one.name).join(", ") || "none is declared"}`;
    throw new DisintoError("usage.invalid", `there is no bot ${name}`, { hint });
  });
  return deriveIdentities(factory)
    .users.filter(({ login }) => names.length === 0 || logins.includes(login))
    .map((user) => ({ user, service: services.get(user.login) ?? CI_NAME }));
}

/** Throws where an account is somebody else's. Our own older tokens go when their holders have the new ones. */
async function findForeign(
  { factory, secrets, administrator: { forge } }: ForgeAccess,
  holders: readonly CredentialHolder[],
): Promise<ReadonlyMap<string, readonly Credential[]>> {
  const users = holders.map(({ user }) => user);
  const observed = await observeAccounts({ forge, secrets }, users);
  requireOwnAccounts({ users, factoryId: factory.id }, observed);
  const isOlder = ({ kind, name }: Credential) => kind === "token" && isOurToken(name);
  return new Map(
    [...observed].map(([login, { foreign }]) => [login, foreign.filter((one) => !isOlder(one))]),
  );
}

/** Each secret is in `.env` before it is needed there, so that a kill leaves what `init` or a second run repairs. */
async function renewToken(
  { secrets, administrator }: ForgeAccess,
  user: DesiredUser,
  old: readonly Token[],
): Promise<void> {
  const { login, keys } = user;
  const { users } = administrator.forge;
  if (!(await users.find(login))) {
    throw new DisintoError("forge.not-found", `the forge has no user ${login}`, {
      hint: "run disinto init",
    });
  }
  const password = newSecret();
  await secrets.set({ [keys.password]: password });
  await users.setPassword({ login, password });
  const generations = old.map(({ name }) => Number(/\d+$/.exec(name)?.[0] ?? 0));
  const name = formatTokenName(Math.max(0, ...generations) + 1);
  const { forge } = administrator;
  await secrets.set({
    [keys.token]: await makeToken(forge, { ...user, password }, name),
  });
}

/** Only what runs: its SIGTERM parks its work, and its successor resumes it. */
async function restart(tools: InitTools, folder: string, holders: readonly CredentialHolder[]) {
  const { factory, environment } = await openForge(tools, folder);
  const containers = await tools.containers(factory, folder);
  const { containers: observed } = await containers.observe();
  const running = new Set(observed.filter((one) => one.running).map(({ service }) => service));
  const only = holders.map(({ service }) => service).filter((service) => running.has(service));
  const { say, oneShots } = tools;
  if (only.length === 0) return;
  const fleet = { factory, folder, containers, environment, say, oneShots };
  await applyServices({ ...fleet, only, waitMs: LOCK_LIMIT_MS });
}
