/** A factory out of a configuration: the forge is up, every bot is a user of it, every project has its rules. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { withLock } from "../config/file-lock.ts";
import type { LearnSecrets } from "../config/secret-store.ts";
import type { Factory } from "../core/factory.ts";
import {
  type DesiredRepository,
  deriveIdentities,
  formatRepo,
  type IdentityStep,
} from "../core/identities.ts";
import type { Containers } from "../ports/containers.ts";
import type { Repositories } from "../ports/repositories.ts";
import type { Administrator, AdministratorTools } from "./administrator.ts";
import { LOCK_LIMIT_MS, openForge } from "./forge-access.ts";
import type { WaitTools } from "./forge-wait.ts";
import { applyIdentities } from "./identities.ts";
import { declareProject } from "./project-declaration.ts";

export interface InitTools extends AdministratorTools, WaitTools {
  readonly version: string;
  readonly learnSecrets: LearnSecrets;
  readonly repositories: Repositories;
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

export function newSecret(): string {
  return randomBytes(24).toString("hex");
}

/** Who changes identities waits for the others: two at once would each replace what the other one made. */
export async function lockIdentities<T>(folder: string, body: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  return withLock({ folder, name: "identities", waitMs: LOCK_LIMIT_MS }, body);
}

export function initFactory(tools: InitTools, options: InitOptions): Promise<Initialised> {
  return lockIdentities(options.folder, () => initialise(tools, options));
}

async function initialise(tools: InitTools, options: InitOptions): Promise<Initialised> {
  const { folder, repository, dryRun = false } = options;
  if (repository !== undefined) await declareProject(tools, { folder, repository });
  const { factory, secrets, administrator } = await openForge(tools, folder);
  const steps = await applyIdentities(
    {
      forge: administrator.forge,
      secrets,
      newSecret,
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
