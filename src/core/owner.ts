/** The person who owns the factory: an account on the forge that is made once, and then theirs. Pure. */
import { env } from "../settings/env.ts";
import { isUserName } from "../settings/env-patterns.ts";
import type { DesiredUser } from "./accounts.ts";
import type { Factory } from "./factory.ts";
import { isSameLogin } from "./names.ts";
import type { Step } from "./step.ts";

export type DesiredOwner = Omit<DesiredUser, "renamedBy">;

export interface ObservedOwner {
  readonly exists: boolean;
  /** This factory made it, and `.env` still knows its password. */
  readonly passwordWorks: boolean;
  readonly tokenWorks: boolean;
}

export type OwnerAction =
  | { readonly kind: "create-owner"; readonly owner: DesiredOwner }
  | { readonly kind: "create-owner-token"; readonly owner: DesiredOwner };

const OWNER_SCOPES = ["read:user", "write:issue", "write:repository"];

/** Undefined where the administrator is the only person. */
export function deriveOwner({
  owner,
  forge: { adminUser },
}: Pick<Factory, "owner" | "forge">): DesiredOwner | undefined {
  if (owner === undefined || isSameLogin(owner, adminUser)) return undefined;
  const keys = { token: env.ownerToken.key, password: env.ownerPassword.key };
  return { login: owner, keys, scopes: OWNER_SCOPES, origin: "owns the factory" };
}

/** What a person has changed or taken away stays so: nothing of an account that exists is replaced but a token of ours. */
export function* planOwner(
  owner: DesiredOwner | undefined,
  { exists, passwordWorks, tokenWorks }: ObservedOwner = {
    exists: false,
    passwordWorks: false,
    tokenWorks: false,
  },
): Generator<Step<OwnerAction>> {
  if (!owner) return;
  if (!exists) yield { action: { kind: "create-owner", owner }, because: owner.origin };
  if (exists && (tokenWorks || !passwordWorks)) return;
  const because = exists ? `the forge does not accept ${owner.keys.token}` : "a new user";
  yield { action: { kind: "create-owner-token", owner }, because };
}

/** The login that a new factory offers: the operator's own, where a forge takes it and nobody else of the factory has it. */
export function offerOwner(systemUser: string, taken: readonly string[]): string {
  const isFree = (name: string) => !taken.some((one) => isSameLogin(one, name));
  const offers = [systemUser.toLowerCase(), "owner", "operator"];
  return offers.find((name) => isUserName(name) && isFree(name)) ?? "factory-owner";
}
