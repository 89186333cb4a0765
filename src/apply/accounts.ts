/** The accounts of bots and CI: whose they are, which credentials work, and how each is repaired. */

import {
  type AccountAction,
  type DesiredUser,
  formatMark,
  type ObservedUser,
  refuseAccount,
  type TokenLimits,
} from "../core/accounts.ts";
import type { DesiredIdentities } from "../core/identities.ts";
import { deriveEmail, formatTokenName, isOurToken, isSameLogin } from "../core/names.ts";
import { DisintoError } from "../errors.ts";
import { olderTokenKeys } from "../older/token-keys.ts";
import type { Credential, Credentials } from "../ports/forge-admin.ts";
import type { Handlers } from "./execute.ts";
import type { IdentityTools } from "./identities.ts";

type Tools = Pick<IdentityTools, "forge" | "secrets">;

export async function observeAccounts(
  tools: Tools,
  users: readonly DesiredUser[],
): Promise<ReadonlyMap<string, ObservedUser>> {
  const areManaged = await tools.forge.users.areManaged();
  const seen = new Map<string, ObservedUser>();
  for (const user of users) {
    const one = areManaged ? await observeAccount(tools, user) : await observeGiven(tools, user);
    seen.set(user.login, one);
  }
  return seen;
}

/** Whoever knows the password or token of an account that was made for this factory may use it. */
async function observeGiven(tools: Tools, user: DesiredUser): Promise<ObservedUser> {
  const seen = await observeOwner(tools, user);
  const isProven = seen.isProven || seen.passwordWorks;
  return { ...seen, isProven, isGiven: true };
}

async function observeAccount(tools: Tools, user: DesiredUser): Promise<ObservedUser> {
  const { login, keys } = user;
  const seen = await observeOwner(tools, user);
  if (!seen.exists) return seen;
  const own = { login, token: seen.tokenWorks ? tools.secrets.get(keys.token) : undefined };
  const all = await tools.forge.credentials.list(login);
  const foreign = all.filter((one) => isForeign(one, own));
  const held = all.find(({ kind, lastEight }) => kind === "token" && isOwn(lastEight, own.token));
  return { ...seen, foreign, reaches: held?.repositories };
}

/** Whose each account is, by calls that every version of the embedded forge answers; its credentials are not looked at. */
export async function observeOwners(
  tools: Tools,
  users: readonly DesiredUser[],
): Promise<ReadonlyMap<string, ObservedUser>> {
  const seen = new Map<string, ObservedUser>();
  for (const user of users) seen.set(user.login, await observeOwner(tools, user));
  return seen;
}

async function observeOwner(tools: Tools, user: DesiredUser): Promise<ObservedUser> {
  const { login, keys } = user;
  const found = await tools.forge.users.find(login);
  const nothing = { passwordWorks: false, tokenWorks: false, isProven: false, foreign: [] };
  if (!found) return { exists: false, isAdmin: false, mark: "", ...nothing };
  const password = tools.secrets.get(keys.password);
  const passwordWorks =
    password !== undefined && (await authenticatesAs(tools, user, { login, password }));
  const token = tools.secrets.get(keys.token);
  const tokenWorks = token !== undefined && (await authenticatesAs(tools, user, { token }));
  const isProven = tokenWorks || (await isProvenByOlder(tools, user));
  return { exists: true, ...found, passwordWorks, tokenWorks, isProven, foreign: [] };
}

export async function authenticatesAs(
  { forge }: Tools,
  { login, limited }: Pick<DesiredUser, "login" | "limited">,
  proof: { token: string } | { login: string; password: string },
): Promise<boolean> {
  const found = await forge.users.loginOf(
    proof,
    limited && { login, repo: limited.repositories[0] },
  );
  return found !== undefined && isSameLogin(found, login);
}

async function isProvenByOlder(tools: Tools, user: DesiredUser): Promise<boolean> {
  const token = tools.secrets.get(olderTokenKeys[user.keys.token] ?? "");
  return token !== undefined && authenticatesAs(tools, user, { token });
}

/** Tokens of ours that nobody knows any more, as a kill leaves them, go when the next one is made. */
function isForeign(
  { kind, name, lastEight }: Credential,
  own: { readonly login: string; readonly token: string | undefined },
): boolean {
  if (kind === "email") return !isSameLogin(name, deriveEmail(own.login));
  if (kind !== "token") return true;
  return own.token === undefined ? !isOurToken(name) : !isOwn(lastEight, own.token);
}

function isOwn(lastEight: string | undefined, token: string | undefined): boolean {
  return token !== undefined && lastEight === token.slice(-8);
}

/** Throws before anything is written where a login is somebody else's. */
export function requireOwnAccounts(
  { users, factoryId }: Pick<DesiredIdentities, "users" | "factoryId">,
  observed: ReadonlyMap<string, ObservedUser>,
  adopted: readonly string[] = [],
): void {
  const strange = adopted.find((login) => !users.some((user) => isSameLogin(user.login, login)));
  if (strange !== undefined) {
    const hint = `one of: ${users.map(({ login }) => login).join(", ")}`;
    throw new DisintoError("usage.invalid", `no bot has the login ${strange}`, { hint });
  }
  const refusals = users.flatMap(
    (user) => refuseAccount(user, observed.get(user.login), { factoryId, adopted }) ?? [],
  );
  if (refusals.length === 0) return;
  const message = refusals.map(({ login, because }) => `${login} ${because}`).join("\n");
  const hint = refusals.map(({ login, wayOut }) => `${login}: ${wayOut}`).join("\n");
  throw new DisintoError("account.not-ours", `${message}\nnothing was changed`, { hint });
}

export function buildAccountHandlers(
  tools: IdentityTools,
  factoryId: string,
): Handlers<AccountAction> {
  const { users, credentials } = tools.forge;
  const marked = (login: string) => ({ mark: formatMark(factoryId), email: deriveEmail(login) });
  return {
    "create-user": async ({ user: { login, keys } }) => {
      const password = tools.secrets.get(keys.password) ?? (await renewPassword(tools, { keys }));
      await users.create({ login, password, ...marked(login) });
    },
    "restrict-user": ({ user }) => users.restrict(user.login),
    "set-password": async ({ user }) =>
      users.setPassword({ login: user.login, password: await renewPassword(tools, user) }),
    "remove-credential": ({ user, credential }) => credentials.remove(user.login, credential),
    "create-token": ({ user }) => createToken(tools, user),
    // What it is limited to is told to administrators alone, and could not be kept up to date.
    "create-own-token": ({ user }) => createOwnToken(tools, { ...user, limited: undefined }),
    "mark-user": async ({ user: { login, keys, signsIn } }) => {
      const password = tools.secrets.get(keys.password);
      if (password === undefined) throw missing(keys.password);
      const count = signsIn ? 0 : await credentials.revokeGrants({ login, password });
      if (count > 0) tools.say(`${count} applications may no longer act as ${login}`);
      await users.restrict(login);
      await users.mark(login, marked(login));
    },
  };
}

/** Stored before the forge knows it, so that a kill in between leaves nothing that nobody knows. */
async function renewPassword(
  { secrets, newSecret }: IdentityTools,
  { keys }: Pick<DesiredUser, "keys">,
): Promise<string> {
  const password = newSecret();
  await secrets.set({ [keys.password]: password });
  return password;
}

/** Then there is exactly one, and it may do exactly what it should. */
async function createToken(tools: IdentityTools, user: DesiredUser): Promise<void> {
  if (tools.secrets.get(user.keys.password) === undefined) throw missing(user.keys.password);
  await tools.forge.users.restrict(user.login);
  await createOwnToken(tools, user);
}

/** Made by the account itself; what else it may do is not this operator's to change. */
export async function createOwnToken(
  { forge, secrets }: Pick<IdentityTools, "forge" | "secrets">,
  user: Omit<DesiredUser, "renamedBy">,
): Promise<void> {
  const { login, keys } = user;
  const password = secrets.get(keys.password);
  if (password === undefined) throw missing(keys.password);
  const own = { login, password };
  for (const { id, name } of await forge.tokens.list(login, own))
    if (isOurToken(name)) await forge.tokens.revoke(login, id, own);
  const token = await makeToken(forge, { ...user, password }, formatTokenName(1));
  await secrets.set({ [keys.token]: token });
}

type TokenHolder = Credentials & Pick<DesiredUser, "scopes" | "limited">;

/** Reads back what it may do: a forge that gives more than was asked for is not believed. */
export async function makeToken(
  { tokens }: Pick<IdentityTools["forge"], "tokens">,
  { login, password, scopes: wanted, limited }: TokenHolder,
  name: string,
): Promise<string> {
  const own = { login, password };
  const make = async (as: TokenLimits | { scopes: readonly string[] }) => {
    const token = await tokens.create(own, { name, ...as });
    const made = (await tokens.list(login, own)).find((one) => one.name === name);
    return { token, made };
  };
  if (limited) {
    const { token, made } = await make(limited);
    // A forge that limits no tokens has made one that reaches everything (before Forgejo 15).
    if (made?.repositories) return token;
    if (made) await tokens.revoke(login, made.id, own);
  }
  const { token, made } = await make({ scopes: wanted });
  const scopes = (list: readonly string[] = []): string => [...list].sort().join(", ");
  if (made && scopes(made.scopes) === scopes(wanted)) return token;
  if (made) await tokens.revoke(login, made.id, own);
  throw new DisintoError(
    "forge.invalid",
    `the forge made a token of ${login} that may ${scopes(made?.scopes)}, not ${scopes(wanted)}`,
    { hint: "it was revoked; look at the forge's version and settings" },
  );
}

function missing(key: string): DisintoError {
  return new DisintoError("credentials.missing", `${key} is not in .env`);
}
