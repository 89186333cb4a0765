/** A factory out of a configuration: the forge is up, every bot is a user of it, every project has its rules. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { listProjectNames, writeAgentSection } from "../config/agent-section.ts";
import { withLock } from "../config/file-lock.ts";
import { loadFactory, loadFactoryWith } from "../config/load.ts";
import { type LearnSecrets, openSecrets, type SecretStore } from "../config/secret-store.ts";
import type { Factory } from "../core/factory.ts";
import {
  type DesiredRepository,
  deriveIdentities,
  formatIdentityStep,
  formatRepo,
  type IdentityStep,
  planIdentities,
} from "../core/identities.ts";
import { CI_TOKEN_KEY } from "../core/names.ts";
import { findMissingReviewer, type MissingReviewer, REVIEWER } from "../core/reviewer.ts";
import type { Containers } from "../ports/containers.ts";
import type { OneShots } from "../ports/one-shots.ts";
import type { Repositories } from "../ports/repositories.ts";
import { type Administrator, type AdministratorTools, findAdministrator } from "./administrator.ts";
import { LOCK_LIMIT_MS, openForge } from "./forge-access.ts";
import type { WaitTools } from "./forge-wait.ts";
import { applyIdentities } from "./identities.ts";
import {
  deriveDeclaration,
  type ProjectDeclaration,
  writeDeclaration,
  writeProjectSchema,
} from "./project-declaration.ts";

export interface InitTools extends AdministratorTools, WaitTools {
  readonly version: string;
  readonly learnSecrets: LearnSecrets;
  readonly repositories: Repositories;
  readonly oneShots: OneShots;
  readonly containers: (factory: Factory | Promise<Factory>, folder: string) => Promise<Containers>;
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
  const declaration =
    repository === undefined ? undefined : await deriveDeclaration(tools, { folder, repository });
  if (declaration) tools.say(`+ ${declaration.file}   the project's settings`);
  if (dryRun) return foresee(tools, options, declaration);
  if (declaration) await writeDeclaration(folder, declaration);
  await writeProjectSchema(folder);
  await addReviewer(tools, folder);
  const { factory, secrets, administrator } = await openForge(tools, folder);
  await makeCiToken(factory, secrets);
  const fill =
    repository === undefined ? undefined : buildFill(tools, { factory, repository, administrator });
  const { forge } = administrator;
  const { say } = tools;
  const steps = await applyIdentities(
    { forge, secrets, newSecret, fill, say },
    deriveIdentities(factory),
    { dryRun },
  );
  return { factory, steps };
}

/** Read access to the runs of the local CI, for the bots. */
async function makeCiToken({ projects }: Factory, secrets: SecretStore): Promise<void> {
  const isUsed = projects.some(({ ci }) => ci.provider === "local");
  if (isUsed && !secrets.get(CI_TOKEN_KEY)) await secrets.set({ [CI_TOKEN_KEY]: newSecret() });
}

/** What would be done, writing nothing; a forge that is not there yet has nothing. */
async function foresee(
  tools: InitTools,
  { folder, repository }: InitOptions,
  declaration: ProjectDeclaration | undefined,
): Promise<Initialised> {
  const { version, say } = tools;
  const { factory, environment } = declaration
    ? await loadFactoryWith(folder, version, declaration)
    : await loadFactory(folder, version);
  sayReviewer(tools, findMissingReviewer(factory));
  const desired = deriveIdentities(factory);
  const known = environment.get("FORGE_ADMIN_PASS");
  const fill = repository === undefined ? undefined : async () => {};
  const secrets = openSecrets(folder, environment, tools.learnSecrets);
  if (known && (await tools.forgeVersion(factory.forge.url)) !== undefined) {
    const { forge } = await findAdministrator(tools, { factory, folder, secrets });
    const identityTools = { forge, secrets, newSecret, fill, say };
    return { factory, steps: await applyIdentities(identityTools, desired, { dryRun: true }) };
  }
  const nothing = { users: new Map(), repositories: new Map() };
  const steps = planIdentities(desired, nothing, { canFill: fill !== undefined });
  for (const step of steps) say(formatIdentityStep(step));
  return { factory, steps };
}

/** In every project's file, so that it reviews everywhere. */
async function addReviewer(tools: InitTools, folder: string): Promise<void> {
  const { version } = tools;
  const missing = findMissingReviewer((await loadFactory(folder, version)).factory);
  sayReviewer(tools, missing);
  if (missing?.type !== "addable") return;
  const files = [...(await listProjectNames(folder)).keys()];
  const { settings } = missing;
  await writeAgentSection({ folder, version, name: REVIEWER, settings }, files);
}

function sayReviewer({ say }: InitTools, missing: MissingReviewer | undefined): void {
  if (missing?.type === "addable")
    say(
      `+ [agents.${REVIEWER}]   approvals are required and no bot reviewed; like ${missing.like}`,
    );
  if (missing?.type === "lacking") say(`no reviewer is added: ${missing.because}`);
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
