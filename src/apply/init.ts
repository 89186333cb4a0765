/** A factory out of a configuration: the forge is up, every bot is a user of it, every project has its rules. */
import { randomBytes } from "node:crypto";
import { loadFactory } from "../config/load.ts";
import { openSecrets } from "../config/secret-store.ts";
import type { Factory } from "../core/factory.ts";
import {
  type DesiredRepository,
  deriveIdentities,
  formatRepo,
  type IdentityStep,
} from "../core/identities.ts";
import type { Containers } from "../ports/containers.ts";
import type { OneShots } from "../ports/one-shots.ts";
import type { Repositories } from "../ports/repositories.ts";
import { type Administrator, type AdministratorTools, findAdministrator } from "./administrator.ts";
import { type WaitTools, waitForForge } from "./forge-wait.ts";
import { applyIdentities } from "./identities.ts";
import { declareProject, writeProjectSchema } from "./project-declaration.ts";
import { applyServices } from "./up.ts";

export interface InitTools extends AdministratorTools, WaitTools {
  readonly version: string;
  readonly repositories: Repositories;
  readonly oneShots: OneShots;
  readonly containers: (factory: Factory, folder: string) => Promise<Containers>;
}

export interface InitOptions {
  readonly folder: string;
  /** A local folder with a git repository; fills the project's repository while that is empty. */
  readonly repository?: string | undefined;
  readonly dryRun?: boolean;
}

export interface Initialised {
  readonly factory: Factory;
  /** What was done; with `dryRun`, what would be. */
  readonly steps: readonly IdentityStep[];
}

const FORGE_LIMIT_MS = 180_000;

export async function initFactory(tools: InitTools, options: InitOptions): Promise<Initialised> {
  const { folder, repository, dryRun = false } = options;
  if (repository !== undefined) await declareProject(tools, { folder, repository });
  if (!dryRun) await writeProjectSchema(folder);
  const { factory, environment } = await loadFactory(folder, tools.version);
  const containers = await tools.containers(factory, folder);
  if (!dryRun) {
    const only = ["forgejo"];
    const { say, oneShots } = tools;
    await applyServices({ factory, folder, containers, environment, say, oneShots, only });
  }
  const describe = async (): Promise<string | undefined> => {
    const forge = (await containers.observe()).containers.find(
      ({ service }) => service === "forgejo",
    );
    return forge && `forgejo is ${forge.state}`;
  };
  await waitForForge(tools, factory.forge.url, { limitMs: FORGE_LIMIT_MS, describe });
  const secrets = openSecrets(folder, environment);
  const administrator = await findAdministrator(tools, { factory, folder, secrets });
  const steps = await applyIdentities(
    {
      forge: administrator.forge,
      secrets,
      newSecret: () => randomBytes(24).toString("hex"),
      fill:
        repository === undefined
          ? undefined
          : buildFill(tools, { factory, repository, administrator }),
      say: tools.say,
    },
    deriveIdentities(factory),
    { dryRun },
  );
  return { factory, steps };
}

interface Filling {
  readonly factory: Factory;
  readonly repository: string;
  readonly administrator: Administrator;
}

function buildFill({ repositories }: InitTools, { factory, repository, administrator }: Filling) {
  const { url } = factory.forge;
  const { login, password } = administrator.credentials;
  const access = { forgeUrl: url, login, token: password };
  return ({ repo }: DesiredRepository): Promise<void> =>
    repositories.push({ folder: repository, url: `${url}/${formatRepo(repo)}.git`, access });
}
