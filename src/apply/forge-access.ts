/** What every command that changes identities starts with: our forge up, answering, and its administrator known. */
import { loadFactory } from "../config/load.ts";
import { openSecrets, type SecretStore } from "../config/secret-store.ts";
import { EGRESS_SERVICE } from "../core/egress-service.ts";
import type { Factory } from "../core/factory.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { FORGE_SERVICE } from "../forge-kinds/service.ts";
import { type Administrator, findAdministrator, readAdministrator } from "./administrator.ts";
import { waitForForge } from "./forge-wait.ts";
import type { InitTools } from "./init-tools.ts";
import { applyServices } from "./up.ts";

export interface ForgeAccess {
  readonly factory: Factory;
  readonly environment: ReadonlyMap<string, string>;
  readonly secrets: SecretStore;
  readonly administrator: Administrator;
}

/** The time limit for our own forge, which is being started. */
const FORGE_LIMIT_MS = 180_000;
const ELSEWHERE_LIMIT_MS = 30_000;
export const LOCK_LIMIT_MS = 600_000;

export async function openForge(tools: InitTools, folder: string): Promise<ForgeAccess> {
  const { factory, environment, adopted } = await loadFactory(folder, tools.version);
  const containers = await tools.containers(factory, folder);
  const { say, oneShots } = tools;
  const only = [FORGE_SERVICE, EGRESS_SERVICE];
  await applyServices({
    factory,
    folder,
    containers,
    environment,
    // The file that they are read from is about to be replaced.
    adopted,
    say,
    oneShots,
    only,
    waitMs: LOCK_LIMIT_MS,
  });
  const describe = async (): Promise<string | undefined> => {
    const { containers: all } = await containers.observe();
    const forge = all.find(({ service }) => service === FORGE_SERVICE);
    return forge && `${FORGE_SERVICE} is ${forge.state}`;
  };
  const isElsewhere = forgeKinds[factory.forge.kind].service === undefined;
  const limitMs = isElsewhere ? ELSEWHERE_LIMIT_MS : FORGE_LIMIT_MS;
  const proof = readAdministrator(factory, environment);
  await waitForForge(tools, factory.forge.url, { limitMs, describe, isElsewhere, proof });
  const secrets = openSecrets(folder, environment, tools.learnSecrets);
  const administrator = await findAdministrator(tools, { factory, folder, secrets });
  return { factory, environment, secrets, administrator };
}
