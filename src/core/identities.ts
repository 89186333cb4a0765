/** Who must exist on the forge and what they may do there: desired, observed, and the steps between. Pure. */

import { ciProviders, findCiAccount, listUsedCis } from "../ci/definitions.ts";
import {
  type ApplicationAction,
  type DesiredApplication,
  deriveApplication,
  type ObservedApplication,
  planApplication,
} from "../ci/woodpecker/oauth-application.ts";
import type { Access, Label, Protection } from "../ports/forge-admin.ts";
import { hasRoleThat, type RoleDefinition } from "../roles/definitions.ts";
import { type AccountAction, type DesiredUser, type ObservedUser, planUser } from "./accounts.ts";
import { deriveDashboardUser } from "./dashboard-service.ts";
import type { Factory, Project, RepoId } from "./factory.ts";
import { deriveCredentialKeys } from "./names.ts";
import { alwaysProtected } from "./protected-paths.ts";
import { repositoryLabels } from "./repository-labels.ts";
import type { Step } from "./step.ts";

export interface DesiredIdentities {
  /** Absent while the factory has none. */
  readonly factoryId: string | undefined;
  readonly users: readonly DesiredUser[];
  readonly repositories: readonly DesiredRepository[];
  /** The OAuth application of a CI that signs people in through the forge. */
  readonly application?: DesiredApplication | undefined;
}

export interface DesiredRepository {
  readonly repo: RepoId;
  readonly private: boolean;
  readonly primaryBranch: string;
  readonly writers: readonly string[];
  /** Accounts of the factory that make webhooks there. */
  readonly administrators?: readonly string[];
  /** Accounts that must see it, where it is not public. */
  readonly readers?: readonly string[];
  readonly labels: readonly Label[];
  readonly protection: Protection | undefined;
}

/** A snapshot of the forge, and of which credentials in `.env` it accepts. */
export interface ObservedIdentities {
  readonly users: ReadonlyMap<string, ObservedUser>;
  /** The repositories, by `owner/name`. */
  readonly repositories: ReadonlyMap<string, ObservedRepository>;
  readonly application?: ObservedApplication;
}

export interface ObservedRepository {
  readonly empty: boolean;
  readonly access: ReadonlyMap<string, Access>;
  readonly labels: readonly string[];
  readonly protection: Protection | undefined;
  /** Who has access of their own, lower case; a site administrator's right to do everything is none. */
  readonly insiders?: ReadonlySet<string>;
}

export type IdentityAction =
  | ApplicationAction
  | AccountAction
  | { readonly kind: "create-repository"; readonly repository: DesiredRepository }
  | {
      readonly kind: "grant-access";
      readonly repo: RepoId;
      readonly login: string;
      readonly access: "read" | "write" | "admin";
    }
  | { readonly kind: "create-label"; readonly repo: RepoId; readonly label: Label }
  | { readonly kind: "fill-repository"; readonly repository: DesiredRepository }
  | { readonly kind: "protect-branch"; readonly repo: RepoId; readonly protection: Protection };

export type IdentityStep = Step<IdentityAction>;

const BOT_SCOPES = ["read:user", "write:issue", "write:repository"];

export function formatRepo({ owner, name }: RepoId): string {
  return `${owner}/${name}`;
}

export function deriveFactoryRepo({ name, forge }: Pick<Factory, "name" | "forge">): RepoId {
  return { owner: forge.adminUser, name: `${name}-factory` };
}

/** A forge tells no upper from lower case in names. */
export function isSameRepo(one: RepoId, other: RepoId): boolean {
  return formatRepo(one).toLowerCase() === formatRepo(other).toLowerCase();
}

export function deriveIdentities(factory: Factory): DesiredIdentities {
  const bots = factory.bots.map(
    (bot): DesiredUser => ({
      login: bot.forgeUser,
      keys: deriveCredentialKeys(bot.name),
      scopes: BOT_SCOPES,
      origin: bot.origin,
      renamedBy: bot.declaredIn === "LLAMA_BOTS" ? "LLAMA_BOTS" : "forge_user",
    }),
  );
  const cis = listUsedCis(factory).flatMap(({ user }) => user?.(factory) ?? []);
  const accounts = factory.projects.flatMap(({ ci }) => findCiAccount(ci, factory.name) ?? []);
  const [account] = accounts;
  const dashboard = deriveDashboardUser(factory);
  const readers = dashboard.map(({ login }) => login);
  return {
    factoryId: factory.id,
    users: [...bots, ...cis, ...(account ? [account] : []), ...dashboard],
    repositories: [
      ...factory.projects.map((project) => deriveRepository(factory, project)),
      deriveFactoryRepository(factory),
    ].map((one) => ({ ...one, readers })),
    application: deriveApplication(factory),
  };
}

function deriveRepository(factory: Factory, project: Project): DesiredRepository {
  const bots = factory.bots.filter((bot) => bot.projects.includes(project.name));
  const loginsThat = (may: (role: RoleDefinition) => boolean): string[] =>
    bots.filter(({ roles }) => hasRoleThat(roles, may)).map(({ forgeUser }) => forgeUser);
  const { adminUser } = factory.forge;
  const writers = bots.map(({ forgeUser }) => forgeUser);
  const ci = ciProviders[project.ci.provider].user?.(factory);
  const account = findCiAccount(project.ci, factory.name);
  return {
    repo: project.repo,
    private: false,
    primaryBranch: project.primaryBranch,
    writers: [...writers, ...(ci ? [ci.login] : [])],
    ...(account && { administrators: [account.login] }),
    labels: repositoryLabels,
    protection: {
      branch: project.primaryBranch,
      requiredApprovals: 1,
      approvers: [...loginsThat(({ approves }) => approves), adminUser].sort(),
      mergers: [...loginsThat(({ merges }) => merges), adminUser].sort(),
      requiredContexts: [...project.ci.required].sort(),
      protectedPaths: [...new Set([...alwaysProtected, ...project.protectedPaths])].sort(),
    },
  };
}

/** The repository for what concerns the whole factory and no project, such as the leases on model slots. */
function deriveFactoryRepository(factory: Factory): DesiredRepository {
  return {
    repo: deriveFactoryRepo(factory),
    private: true,
    primaryBranch: "main",
    writers: factory.bots.map(({ forgeUser }) => forgeUser),
    labels: [],
    protection: undefined,
  };
}

/** `canFill`: the repository for which content is at hand. Planning again after applying gives nothing. */
export function planIdentities(
  desired: DesiredIdentities,
  observed: ObservedIdentities,
  { canFill }: { canFill: RepoId | undefined },
): readonly IdentityStep[] {
  return [
    ...desired.users.flatMap((user) => [
      ...planUser(user, observed.users.get(user.login), desired.factoryId),
    ]),
    ...desired.repositories.flatMap((repository) => [
      ...planRepository(
        repository,
        observed.repositories.get(formatRepo(repository.repo)),
        canFill !== undefined && isSameRepo(canFill, repository.repo),
      ),
    ]),
    ...planApplication(desired.application, observed.application),
  ];
}

const nothing: ObservedRepository = {
  empty: true,
  access: new Map(),
  labels: [],
  protection: undefined,
};

function* planRepository(
  repository: DesiredRepository,
  seen: ObservedRepository | undefined,
  canFill: boolean,
): Generator<IdentityStep> {
  const { repo, protection } = repository;
  const { empty, access, labels: present, protection: rules } = seen ?? nothing;
  if (!seen)
    yield { action: { kind: "create-repository", repository }, because: "no such repository" };
  yield* planAccess(repository, access);
  for (const label of repository.labels) {
    if (!present.includes(label.name))
      yield { action: { kind: "create-label", repo, label }, because: "no such label" };
  }
  if (!protection) return;
  if (empty && canFill)
    yield { action: { kind: "fill-repository", repository }, because: "it is empty" };
  yield* planProtection(repo, keepInsiders(protection, repository, seen), rules);
}

function* planAccess(
  { repo, writers, administrators = [], readers = [] }: DesiredRepository,
  seen: ReadonlyMap<string, Access>,
): Generator<IdentityStep> {
  for (const login of writers) {
    const because = judgeAccess(login, seen.get(login));
    if (because) yield { action: { kind: "grant-access", repo, login, access: "write" }, because };
  }
  for (const login of administrators) {
    if (seen.get(login) === "admin" || seen.get(login) === "owner") continue;
    const because = `${login} cannot make webhooks there`;
    yield { action: { kind: "grant-access", repo, login, access: "admin" }, because };
  }
  for (const login of readers) {
    if ((seen.get(login) ?? "none") !== "none") continue;
    const because = `${login} cannot see it`;
    yield { action: { kind: "grant-access", repo, login, access: "read" }, because };
  }
}

/** A forge leaves the names of others out without a word, and they would be planned again for ever. */
function keepInsiders(
  wanted: Protection,
  { writers, administrators = [] }: DesiredRepository,
  seen: ObservedRepository | undefined,
): Protection {
  const { insiders } = seen ?? {};
  if (!insiders) return wanted;
  const known = new Set([
    ...insiders,
    ...[...writers, ...administrators].map((login) => login.toLowerCase()),
  ]);
  const keep = (logins: readonly string[]) =>
    logins.filter((login) => known.has(login.toLowerCase()));
  return { ...wanted, approvers: keep(wanted.approvers), mergers: keep(wanted.mergers) };
}

function* planProtection(
  repo: RepoId,
  wanted: Protection,
  rules: Protection | undefined,
): Generator<IdentityStep> {
  if (isProtected(wanted, rules)) return;
  const because = rules ? "the rules differ" : "the branch is not protected";
  yield { action: { kind: "protect-branch", repo, protection: wanted }, because };
}

/** Undefined when it is right: less cannot work, and more could lift the rules. */
function judgeAccess(login: string, access: Access | undefined): string | undefined {
  if (access === "write" || access === "owner") return undefined;
  return access === "admin" ? `${login} administers it` : `${login} has no write access`;
}

function isProtected(wanted: Protection, rules: Protection | undefined): boolean {
  if (!rules) return false;
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
  const lower = (logins: readonly string[]) => logins.map((login) => login.toLowerCase());
  const sameLogins = (a: readonly string[], b: readonly string[]) => same(lower(a), lower(b));
  return (
    rules.requiredApprovals === wanted.requiredApprovals &&
    sameLogins(rules.approvers, wanted.approvers) &&
    sameLogins(rules.mergers, wanted.mergers) &&
    same(rules.requiredContexts, wanted.requiredContexts) &&
    same(rules.protectedPaths, wanted.protectedPaths)
  );
}
