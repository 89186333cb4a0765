/** Whose the logins of a factory are, looked at before anything is written: here, or on the forge. */
import { setAgentSection } from "../config/agent-section.ts";
import { type LoadedFactory, loadFactoryWith, type PendingChanges } from "../config/load.ts";
import { openSecrets } from "../config/secret-store.ts";
import { deriveIdentities } from "../core/identities.ts";
import { formatCredential } from "../core/identity-text.ts";
import { findMissingReviewer, REVIEWER } from "../core/reviewer.ts";
import { DisintoError } from "../errors.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { env } from "../settings/env.ts";
import { observeAccounts, observeOwners, requireOwnAccounts } from "./accounts.ts";
import { findAdministrator, readAdministrator } from "./administrator.ts";
import { waitForForge } from "./forge-wait.ts";
import type { InitTools } from "./init-tools.ts";
import type { Fleet } from "./observe.ts";

interface AccountChanges extends PendingChanges {
  /** Logins that the operator has named to be taken over. */
  readonly adopted?: readonly string[] | undefined;
}

const WAIT_MS = 30_000;

type InspectionTools = Pick<InitTools, "probeForge" | "forgeAdmin" | "learnSecrets" | "say">;

/** Before a file is written: whose the logins are, as far as the forge answers already. */
export async function checkAccounts(
  tools: InitTools,
  folder: string,
  { adopted, ...changes }: AccountChanges,
): Promise<void> {
  const loaded = await loadWithReviewer(tools, folder, changes);
  const isOurs = forgeKinds[loaded.factory.forge.kind].service !== undefined;
  // A password that nobody could try would stay in .env, right or wrong.
  const { url } = loaded.factory.forge;
  const proof = readAdministrator(loaded.factory, loaded.environment);
  if (!isOurs) await waitForForge(tools, url, { limitMs: WAIT_MS, isElsewhere: true, proof });
  const seen = await inspectForge(tools, folder, loaded).catch((error: unknown) => {
    // A forge of ours that was emptied gets a new administrator, later.
    if (isOurs && error instanceof DisintoError && error.code === "credentials.wrong") return;
    throw error;
  });
  if (!seen) return;
  const { users, factoryId } = deriveIdentities(loaded.factory);
  if (!isOurs && !(await seen.forge.users.areManaged())) return;
  const observed = await observeOwners(seen, users);
  requireOwnAccounts({ users, factoryId }, observed, adopted);
}

/** Undefined where it is not up yet, or nobody may look. */
export async function inspectForge(
  tools: InspectionTools,
  folder: string,
  { factory, environment }: Pick<LoadedFactory, "factory" | "environment">,
) {
  const secrets = openSecrets(folder, environment, tools.learnSecrets);
  const proof = readAdministrator(factory, environment);
  if (!proof) return undefined;
  const probe = await tools.probeForge(factory.forge.url, proof);
  if (probe.version === undefined && probe.failure.code !== "forge.unauthorized") return undefined;
  const readOnly = { ...tools, createForgeAdministrator: refuseWrite };
  const { forge } = await findAdministrator(readOnly, { factory, folder, secrets });
  return { forge, secrets };
}

function refuseWrite(): Promise<never> {
  throw new DisintoError("credentials.missing", `.env has no ${env.forgeAdminPass.key}`);
}

/** Foreign credentials of the accounts by login; undefined where no administrator can look. */
export async function findForeignCredentials(
  tools: InspectionTools,
  { factory, folder, environment }: Pick<Fleet, "factory" | "folder" | "environment">,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  try {
    const seen = await inspectForge(tools, folder, { factory, environment });
    if (!seen) return undefined;
    const observed = await observeAccounts(seen, deriveIdentities(factory).users);
    return new Map([...observed].map(([login, one]) => [login, one.foreign.map(formatCredential)]));
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
    return undefined;
  }
}

/** The factory as it would be, with the reviewer that `init` adds where none is declared. */
export async function loadWithReviewer(tools: InitTools, folder: string, changes: PendingChanges) {
  const loaded = await loadFactoryWith(folder, tools.version, changes);
  const missing = findMissingReviewer(loaded.factory);
  if (missing?.type !== "addable") return loaded;
  const edit = (text: string, file: string) =>
    setAgentSection(changes.edit?.(text, file) ?? text, REVIEWER, missing.settings);
  return loadFactoryWith(folder, tools.version, { ...changes, edit });
}
