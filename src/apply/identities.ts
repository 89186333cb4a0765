/** Observes and repairs identities on the forge. Credentials that work are never replaced; every write is read back. */
import { randomUUID } from "node:crypto";
import type { SecretStore } from "../config/secret-store.ts";
import type { RepoId } from "../core/factory.ts";
import { describeMissing, findMissing } from "../core/given-accounts.ts";
import {
  type DesiredIdentities,
  type DesiredRepository,
  formatRepo,
  type IdentityAction,
  type IdentityStep,
  type ObservedIdentities,
  type ObservedRepository,
  planIdentities,
} from "../core/identities.ts";
import { formatIdentityStep } from "../core/identity-text.ts";
import { isSameLogin } from "../core/names.ts";
import { DisintoError } from "../errors.ts";
import type { Access, ForgeAdmin } from "../ports/forge-admin.ts";
import { env } from "../settings/env.ts";
import { buildAccountHandlers, observeAccounts, requireOwnAccounts } from "./accounts.ts";
import { execute, type Handlers } from "./execute.ts";
import { observeApplication, registerApplication } from "./oauth-application.ts";
import { buildOwnerHandlers, observeOwner } from "./owner.ts";

export interface IdentityTools {
  readonly forge: ForgeAdmin;
  readonly secrets: SecretStore;
  readonly newSecret: () => string;
  /** Undefined when there is nothing to fill an empty repository with. */
  readonly fill: InitialContent | undefined;
  readonly say: (line: string) => void;
  /** Logins that the operator has named to be taken over. */
  readonly adopted?: readonly string[] | undefined;
}

/** What one project's repository is filled with while it is empty. */
export interface InitialContent {
  readonly repo: RepoId;
  readonly with: () => Promise<void>;
}

/** Answers the steps that were taken; with `dryRun`, those that would be. */
export async function applyIdentities(
  tools: IdentityTools,
  desired: DesiredIdentities,
  { dryRun }: { dryRun: boolean },
): Promise<readonly IdentityStep[]> {
  const canFill = tools.fill?.repo;
  const known = desired.factoryId ?? tools.secrets.get(env.factoryId.key);
  const observed = await observeIdentities(tools, desired);
  await requireGivenAccounts(tools, desired, { observed, dryRun });
  requireOwnAccounts({ ...desired, factoryId: known }, observed.users, tools.adopted);
  const steps = planIdentities({ ...desired, factoryId: known }, observed, { canFill });
  const announce = (step: IdentityStep) => tools.say(formatIdentityStep(step));
  if (dryRun) for (const step of steps) announce(step);
  else {
    const factoryId = known ?? (await makeFactoryId(tools));
    const owned = { ...desired, factoryId };
    const replan = async () =>
      planIdentities(owned, await observeIdentities(tools, owned), { canFill });
    await execute({ steps, handlers: buildHandlers(tools, factoryId), announce, replan, explain });
  }
  return steps;
}

/** Where accounts are made by somebody else: what is missing is asked for, before anything is changed on the forge. */
async function requireGivenAccounts(
  { secrets, newSecret, say }: IdentityTools,
  { users, administrator }: DesiredIdentities,
  { observed, dryRun }: { readonly observed: ObservedIdentities; readonly dryRun: boolean },
): Promise<void> {
  const missing = findMissing(users, observed.users);
  if (missing.length === 0) return;
  if (dryRun) return say(describeMissing(missing, administrator).message);
  for (const { exists, user } of missing) {
    if (exists || secrets.get(user.keys.password) !== undefined) continue;
    await secrets.set({ [user.keys.password]: newSecret() });
  }
  throw describeMissing(missing, administrator);
}

/** Made once, after everything was checked and before anything is written on the forge. */
async function makeFactoryId({ secrets, say }: IdentityTools): Promise<string> {
  const made = randomUUID();
  await secrets.set({ [env.factoryId.key]: made });
  say(`+ ${env.factoryId.key} in .env   ${made}`);
  return made;
}

function explain(open: readonly IdentityStep[]): DisintoError {
  return new DisintoError(
    "forge.invalid",
    `the forge accepted these changes but does not show them\n${open.map(formatIdentityStep).join("\n")}`,
    {
      hint: "run `disinto init` again; if the problem persists, look at the forge's log",
    },
  );
}

export async function observeIdentities(
  tools: Pick<IdentityTools, "forge" | "secrets">,
  desired: DesiredIdentities,
): Promise<ObservedIdentities> {
  const users = await observeAccounts(tools, desired.users);
  const repositories = new Map<string, ObservedRepository>();
  for (const repository of desired.repositories) {
    const seen = await observeRepository(tools, repository);
    if (seen) repositories.set(formatRepo(repository.repo), seen);
  }
  const owner = desired.owner && (await observeOwner(tools, desired.owner));
  if (!desired.application) return { users, owner, repositories };
  return { users, owner, repositories, application: await observeApplication(tools) };
}

async function observeRepository(
  { forge }: Pick<IdentityTools, "forge">,
  wanted: DesiredRepository,
): Promise<ObservedRepository | undefined> {
  const { repo, writers, administrators = [], readers = [], people, primaryBranch } = wanted;
  const found = await forge.repositories.find(repo);
  if (!found) return undefined;
  const access = new Map<string, Access>();
  for (const login of [...writers, ...administrators, ...readers, ...people])
    access.set(login, await forge.repositories.access(repo, login));
  const insiders = wanted.protection ? await forge.forge.writers(repo) : [];
  return {
    empty: found.empty,
    access,
    labels: (await forge.labels.list(repo)).map(({ name }) => name),
    protection: await forge.repositories.protection(repo, primaryBranch),
    insiders: new Set(insiders.map((login) => login.toLowerCase())),
    peopleWhoAdminister: await listAdministrators(forge, wanted, insiders),
  };
}

/** Asks of those who have access; the factory's own accounts never count, whatever access they have. */
async function listAdministrators(
  { repositories }: ForgeAdmin,
  { repo, accounts }: DesiredRepository,
  insiders: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const login of insiders) {
    if (accounts.some((account) => isSameLogin(account, login))) continue;
    const access = await repositories.access(repo, login);
    if (access === "admin" || access === "owner") found.push(login);
  }
  return found;
}

function buildHandlers(tools: IdentityTools, factoryId: string): Handlers<IdentityAction> {
  const { repositories, labels } = tools.forge;
  return {
    ...buildAccountHandlers(tools, factoryId),
    ...buildOwnerHandlers(tools, factoryId),
    "create-repository": ({ repository: { repo, private: isPrivate, primaryBranch } }) =>
      repositories.create(repo, { private: isPrivate, defaultBranch: primaryBranch }),
    "grant-access": ({ repo, login, access }) => repositories.grant(repo, login, access),
    "create-label": ({ repo, label }) => labels.create(repo, label),
    "fill-repository": async () => tools.fill?.with(),
    "register-application": ({ application }) => registerApplication(tools, application),
    "make-agent-secret": ({ key }) => tools.secrets.set({ [key]: tools.newSecret() }),
    "protect-branch": ({ repo, protection }) => repositories.protect(repo, protection),
  };
}
