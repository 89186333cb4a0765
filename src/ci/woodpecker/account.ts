/** The factory's own account, as which Woodpecker reads, is told of commits and posts statuses. Pure. */
import type { DesiredUser } from "../../core/accounts.ts";
import { env } from "../../settings/env.ts";

/** At Woodpecker it needs its password alone: a token of it may do as little as a token can. */
export function deriveAccount(factoryName: string): DesiredUser {
  return {
    login: `${factoryName}-ci`,
    keys: { token: env.ciAccountForgeToken.key, password: env.ciAccountPass.key },
    scopes: ["read:user"],
    origin: "Woodpecker's account",
    renamedBy: env.name.key,
    signsIn: true,
  };
}
