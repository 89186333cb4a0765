/** `disinto init`: the forge is up, every bot is a user of it, every project has its rules. Safe to run again. */
import { randomBytes } from "node:crypto";
import { applyIdentities, type IdentityTools, type SecretStore } from "../apply/identities.ts";
import { applyServices } from "../apply/up.ts";
import { setEnvironment } from "../config/env-file.ts";
import { type LoadedFactory, loadEnvironment, loadFactory } from "../config/load.ts";
import type { Factory } from "../core/factory.ts";
import { type DesiredRepository, deriveIdentities, formatRepo } from "../core/identities.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { declareProject } from "./project-declaration.ts";
import type { Tools } from "./tools.ts";
import { waitForForge } from "./wait.ts";

export interface InitOptions {
  readonly folder: string;
  /** A local folder with a git repository; fills the project's repository while that is empty. */
  readonly repository?: string | undefined;
  readonly dryRun?: boolean;
}

const FORGE_LIMIT_MS = 180_000;
const ADMIN_KEY = "FORGE_ADMIN_PASS";

export async function init(
  tools: Tools,
  { folder, repository, dryRun = false }: InitOptions,
): Promise<ExitCode> {
  if (repository !== undefined) await declareProject(tools, { folder, repository });
  const loaded = await loadFactory(folder, tools.version);
  const { factory } = loaded;
  if (!dryRun) await bringUpForge(tools, factory, folder);
  await waitForForge(tools, factory.forge.url, FORGE_LIMIT_MS);
  const secrets = openSecrets(folder, loaded);
  const admin = {
    login: factory.forge.adminUser,
    password: await findAdminPassword(tools, { factory, folder, secrets }),
  };
  const forge = await tools.forgeAdmin(factory.forge.url, admin);
  if ((await forge.users.loginOf(admin)) !== admin.login) throw wrongAdmin(admin.login);
  const fill =
    repository === undefined ? undefined : buildFill(tools, { factory, repository, admin });
  const identityTools: IdentityTools = { forge, secrets, newSecret, fill, say: tools.say };
  const steps = await applyIdentities(identityTools, deriveIdentities(factory), { dryRun });
  sayResult(tools, factory, steps.length);
  return ExitCode.done;
}

async function bringUpForge(tools: Tools, factory: Factory, folder: string): Promise<void> {
  const containers = await tools.containers(factory, folder);
  await applyServices({
    factory,
    folder,
    containers,
    environment: await loadEnvironment(folder),
    say: tools.say,
    only: ["forgejo"],
  });
}

function newSecret(): string {
  return randomBytes(24).toString("hex");
}

function openSecrets(folder: string, { environment }: LoadedFactory): SecretStore {
  const values = new Map(environment);
  return {
    get: (key) => values.get(key) || undefined,
    set: async (changes) => {
      await setEnvironment(folder, changes);
      for (const [key, value] of Object.entries(changes)) values.set(key, value);
    },
  };
}

interface AdminSearch {
  readonly factory: Factory;
  readonly folder: string;
  readonly secrets: SecretStore;
}

/** The forge makes the first administrator and its password itself, so that it stands in no argument list. */
async function findAdminPassword(
  tools: Tools,
  { factory, folder, secrets }: AdminSearch,
): Promise<string> {
  const known = secrets.get(ADMIN_KEY);
  if (known !== undefined) return known;
  const password = await tools.createForgeAdministrator(factory, folder);
  await secrets.set({ FORGE_ADMIN_USER: factory.forge.adminUser, [ADMIN_KEY]: password });
  tools.say(
    `+ administrator ${factory.forge.adminUser}   the forge had none; its password is ${ADMIN_KEY} in .env`,
  );
  return password;
}

function wrongAdmin(login: string): DisintoError {
  return new DisintoError(
    "credentials.wrong",
    `the forge does not accept ${login} with ${ADMIN_KEY}`,
    {
      hint: `put the right password into ${ADMIN_KEY} in .env`,
    },
  );
}

interface Filling {
  readonly factory: Factory;
  readonly repository: string;
  readonly admin: { readonly login: string; readonly password: string };
}

function buildFill(tools: Tools, { factory, repository, admin }: Filling) {
  return (target: DesiredRepository): Promise<void> =>
    tools.repositories.push({
      folder: repository,
      url: `${factory.forge.url}/${formatRepo(target.repo)}.git`,
      access: { forgeUrl: factory.forge.url, login: admin.login, token: admin.password },
    });
}

function sayResult({ say }: Tools, { bots, forge, projects }: Factory, changes: number): void {
  say(
    changes === 0
      ? "nothing to do: the forge matches the configuration"
      : `${changes} changes applied and read back`,
  );
  if (bots.length === 0)
    say("no bot is declared: name some in LLAMA_BOTS in .env, then run disinto init again");
  if (!bots.some(({ roles }) => roles.includes("review"))) {
    say(`no bot reviews: only ${forge.adminUser} can approve pull requests`);
  }
  for (const { repo } of projects)
    say(`file issues with the label backlog at ${forge.url}/${formatRepo(repo)}/issues`);
  say("next: disinto up");
}
