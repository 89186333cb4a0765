/** The operator's own account on the forge: found in `.env`, or made by the forge when it has none. */
import type { SecretStore } from "../config/secret-store.ts";
import type { Factory } from "../core/factory.ts";
import { DisintoError } from "../errors.ts";
import type { Credentials, ForgeAdmin } from "../ports/forge-admin.ts";

const PASSWORD_KEY = "FORGE_ADMIN_PASS";

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

export async function findAdministrator(
  tools: AdministratorTools,
  search: Search,
): Promise<Administrator> {
  const { url, adminUser } = search.factory.forge;
  const credentials = { login: adminUser, password: await findPassword(tools, search) };
  const forge = await tools.forgeAdmin(url, credentials);
  if ((await forge.users.loginOf(credentials)) === adminUser) return { credentials, forge };
  throw new DisintoError(
    "credentials.wrong",
    `the forge does not accept ${adminUser} with ${PASSWORD_KEY}`,
    {
      hint: `put the right password into ${PASSWORD_KEY} in .env`,
    },
  );
}

/** The forge makes the password itself, so that it stands in no argument list. */
async function findPassword(
  tools: AdministratorTools,
  { factory, folder, secrets }: Search,
): Promise<string> {
  const known = secrets.get(PASSWORD_KEY);
  if (known !== undefined) return known;
  const password = await tools.createForgeAdministrator(factory, folder);
  const { adminUser } = factory.forge;
  await secrets.set({ FORGE_ADMIN_USER: adminUser, [PASSWORD_KEY]: password });
  tools.say(
    `+ administrator ${adminUser}   the forge had none; its password is ${PASSWORD_KEY} in .env`,
  );
  return password;
}
