/** The operator's own account on the forge: found in `.env`, or made by the forge when it has none. */

import type { SecretStore } from "../config/secret-store.ts";
import type { Factory } from "../core/factory.ts";
import { isSameLogin } from "../core/names.ts";
import { DisintoError } from "../errors.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import type { Credentials, ForgeAdmin } from "../ports/forge-admin.ts";
import { env } from "../settings/env.ts";

const PASSWORD_KEY = env.forgeAdminPass.key;

export interface AdministratorTools {
  readonly say: (line: string) => void;
  readonly forgeAdmin: (url: string, admin: Credentials) => Promise<ForgeAdmin>;
  /** The first administrator of our own forge, made by the forge itself; answers its password. */
  readonly createForgeAdministrator: (factory: Factory, folder: string) => Promise<string>;
}

export interface Administrator {
  readonly credentials: Credentials;
  readonly forge: ForgeAdmin;
}

interface Search {
  readonly factory: Factory;
  readonly folder: string;
  readonly secrets: SecretStore;
}

/** As `.env` has it; nobody has tried it yet. */
export function readAdministrator(
  { forge: { adminUser: login } }: Factory,
  environment: ReadonlyMap<string, string>,
): Credentials | undefined {
  const password = environment.get(PASSWORD_KEY);
  return password ? { login, password } : undefined;
}

/** A password that the forge refuses is replaced only on a forge that has no such user yet, as after `down --volumes`. */
export async function findAdministrator(
  tools: AdministratorTools,
  search: Search,
): Promise<Administrator> {
  const { factory, secrets } = search;
  const login = factory.forge.adminUser;
  const known = secrets.get(PASSWORD_KEY);
  const found = known && (await verifyCredentials(tools, factory, { login, password: known }));
  if (found) return found;
  if (!forgeKinds[factory.forge.kind].service)
    throw known === undefined ? missingPassword(login) : wrongPassword(login);
  const made = await create(tools, search).catch((error: unknown) => {
    throw known === undefined ? error : wrongPassword(login, error);
  });
  const administrator = await verifyCredentials(tools, factory, { login, password: made });
  if (!administrator) throw wrongPassword(login);
  return administrator;
}

async function verifyCredentials(
  { forgeAdmin }: AdministratorTools,
  { forge: { url } }: Factory,
  credentials: Credentials,
): Promise<Administrator | undefined> {
  const forge = await forgeAdmin(url, credentials);
  const shown = await forge.users.loginOf(credentials);
  return shown !== undefined && isSameLogin(shown, credentials.login)
    ? { credentials, forge }
    : undefined;
}

/** The forge makes the password itself, so that it stands in no argument list. */
async function create(
  tools: AdministratorTools,
  { factory, folder, secrets }: Search,
): Promise<string> {
  const password = await tools.createForgeAdministrator(factory, folder);
  const { adminUser } = factory.forge;
  await secrets.set({ [env.forgeAdminUser.key]: adminUser, [PASSWORD_KEY]: password });
  tools.say(
    `+ administrator ${adminUser}   the forge had none; its password is ${PASSWORD_KEY} in .env`,
  );
  return password;
}

function missingPassword(login: string): DisintoError {
  return new DisintoError("credentials.missing", `.env has no ${PASSWORD_KEY} of ${login}`, {
    hint: `disinto secrets set ${PASSWORD_KEY}; FORGE_ADMIN_USER names another administrator`,
  });
}

function wrongPassword(login: string, cause?: unknown): DisintoError {
  return new DisintoError(
    "credentials.wrong",
    `the forge does not accept ${login} with ${PASSWORD_KEY}`,
    { hint: `put the right password into ${PASSWORD_KEY} in .env`, cause },
  );
}
