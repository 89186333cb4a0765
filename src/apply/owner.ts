/** The account of the person who owns the factory. Once made it is theirs: what they change there stays. */
import { formatMark } from "../core/accounts.ts";
import type { DesiredOwner, ObservedOwner, OwnerAction } from "../core/owner.ts";
import { authenticatesAs, createOwnToken } from "./accounts.ts";
import type { Handlers } from "./execute.ts";
import type { IdentityTools } from "./identities.ts";

type Tools = Pick<IdentityTools, "forge" | "secrets">;

export async function observeOwner(
  tools: Tools,
  { login, keys }: DesiredOwner,
): Promise<ObservedOwner> {
  const exists = (await tools.forge.users.find(login)) !== undefined;
  const [password, token] = [tools.secrets.get(keys.password), tools.secrets.get(keys.token)];
  return {
    exists,
    passwordWorks:
      exists &&
      password !== undefined &&
      (await authenticatesAs(tools, { login }, { login, password })),
    tokenWorks:
      exists && token !== undefined && (await authenticatesAs(tools, { login }, { token })),
  };
}

export function buildOwnerHandlers(tools: IdentityTools, factoryId: string): Handlers<OwnerAction> {
  const { forge, secrets } = tools;
  return {
    "create-owner": async ({ owner: { login, keys } }) => {
      const password = secrets.get(keys.password) ?? tools.newSecret();
      await secrets.set({ [keys.password]: password });
      const email = `${login}@people.invalid`;
      await forge.users.create({ login, password, email, mark: formatMark(factoryId) });
    },
    "create-owner-token": ({ owner }) => createOwnToken(tools, owner),
  };
}
