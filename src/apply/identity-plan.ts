/** What `init` would repair on the forge, for `plan`: looks, changes nothing, waits for nothing. */
import { openSecrets } from "../config/secret-store.ts";
import { deriveIdentities, type IdentityStep, planIdentities } from "../core/identities.ts";
import { DisintoError } from "../errors.ts";
import { requireOwnAccounts } from "./accounts.ts";
import { findAdministrator, readAdministrator } from "./administrator.ts";
import { observeIdentities } from "./identities.ts";
import type { InitTools } from "./init-tools.ts";
import type { Fleet } from "./observe.ts";

export interface IdentityPlan {
  readonly steps: readonly IdentityStep[];
  /** Why nobody could look; then there are no steps. */
  readonly unseen?: string;
}

type Tools = Pick<InitTools, "probeForge" | "forgeAdmin" | "learnSecrets">;

export async function planFleetIdentities(tools: Tools, fleet: Fleet): Promise<IdentityPlan> {
  try {
    return { steps: await observeIfReachable(tools, fleet) };
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
    return { steps: [], unseen: error.message };
  }
}

async function observeIfReachable(tools: Tools, fleet: Fleet): Promise<readonly IdentityStep[]> {
  const { factory, folder, environment } = fleet;
  const proof = readAdministrator(factory, environment);
  const probe = await tools.probeForge(factory.forge.url, proof);
  if (probe.version === undefined) throw probe.failure;
  const secrets = openSecrets(folder, environment, tools.learnSecrets);
  const { forge } = await findAdministrator(
    { say: () => undefined, forgeAdmin: tools.forgeAdmin, createForgeAdministrator: refuseWrite },
    { factory, folder, secrets },
  );
  const desired = deriveIdentities(factory);
  const observed = await observeIdentities({ forge, secrets }, desired);
  requireOwnAccounts(desired, observed.users);
  return planIdentities(desired, observed, { canFill: undefined });
}

function refuseWrite(): Promise<never> {
  throw new DisintoError("credentials.missing", ".env has no FORGE_ADMIN_PASS");
}
