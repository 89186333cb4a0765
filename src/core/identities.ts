/** Who must exist on the forge and what they may do there: desired, observed, and the steps between. Pure. */

import { ciProviders, listUsedCis } from "../ci/definitions.ts";
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
import type { Factory, Project, RepoId } from "./factory.ts";
import { deriveCredentialKeys } from "./names.ts";
import {
  type DesiredOwner,
  deriveOwner,
  type ObservedOwner,
  type OwnerAction,
  planOwner,
} from "./owner.ts";
import { alwaysProtected } from "./protected-paths.ts";
import type { Step } from "./step.ts";

export interface DesiredIdentities {
  /** Undefined: the factory has none yet. */
  readonly factoryId: string | undefined;
  readonly users: readonly DesiredUser[];
  readonly repositories: readonly DesiredRepository[];
  readonly owner?: DesiredOwner | undefined;
  /** The OAuth application of a CI that signs people in through the forge. */
  readonly application?: DesiredApplication | undefined;
}

export interface DesiredRepository {
  readonly repo: RepoId;
  readonly private: boolean;
  readonly primaryBranch: string;
  readonly writers: readonly string[];
  /** People who get write access where they have less; more is left to them. */
  readonly people: readonly string[];
  /** Every account of the factory: none of these pushes to the primary branch, whatever access it has. */
  readonly accounts: readonly string[];
  readonly labels: readonly Label[];
  readonly protection: Protection | undefined;
}

/** A snapshot of the forge, and of which credentials in `.env` it accepts. */
export interface ObservedIdentities {
  readonly users: ReadonlyMap<string, ObservedUser>;
  /** The repositories, by `owner/name`. */
  readonly repositories: ReadonlyMap<string, ObservedRepository>;
  readonly owner?: ObservedOwner | undefined;
  readonly application?: ObservedApplication;
}

export interface ObservedRepository {
  readonly empty: boolean;
  readonly access: ReadonlyMap<string, Access>;
  readonly labels: readonly string[];
  readonly protection: Protection | undefined;
  /** Who has access of their own, lower case; a site administrator's right to do everything is none. */
  readonly insiders?: ReadonlySet<string>;
  /** Those of them who administer it. */
  readonly administrators?: readonly string[];
}

export type IdentityAction =
  | OwnerAction
  | ApplicationAction
  | AccountAction
  | { readonly kind: "create-repository"; readonly repository: DesiredRepository }
  | { readonly kind: "grant-write"; readonly repo: RepoId; readonly login: string }
  | { readonly kind: "create-label"; readonly repo: RepoId; readonly label: Label }
  | { readonly kind: "fill-repository"; readonly repository: DesiredRepository }
  | { readonly kind: "protect-branch"; readonly repo: RepoId; readonly protection: Protection };

export type IdentityStep = Step<IdentityAction>;

const BOT_SCOPES = ["read:user", "write:issue", "write:repository"];

/** On an issue that bots may take. */
const BACKLOG = "backlog";

const labels: readonly Label[] = [
  { name: BACKLOG, color: "#1d76db", description: "Bots may take this issue" },
  { name: "priority", color: "#d93f0b", description: "Taken before the rest of the backlog" },
  { name: "in-progress", color: "#fbca04", description: "A bot holds the lease on this issue" },
  {
    name: "disinto/approved",
    color: "#0e8a16",
    description: "Bots may take this issue, whoever wrote it",
  },
  {
    name: "disinto/protected-paths",
    color: "#5319e7",
    description: "A bot may change protected paths for this issue; a person merges it",
  },
  {
    name: "blocked",
    color: "#b60205",
    description: "A bot stopped here; the last comment says why",
  },
];

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
  const users = deriveUsers(factory);
  return {
    factoryId: factory.id,
    owner: deriveOwner(factory),
    users,
    repositories: [
      ...factory.projects.map((project) => deriveRepository(factory, project)),
      deriveFactoryRepository(factory),
    ],
    application: deriveApplication(factory),
  };
}

function deriveUsers(factory: Factory): readonly DesiredUser[] {
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
  return [...bots, ...cis];
}

function deriveRepository(factory: Factory, project: Project): DesiredRepository {
  const bots = factory.bots.filter((bot) => bot.projects.includes(project.name));
  const loginsThat = (may: (role: RoleDefinition) => boolean): string[] =>
    bots.filter(({ roles }) => hasRoleThat(roles, may)).map(({ forgeUser }) => forgeUser);
  const { adminUser } = factory.forge;
  const owners = [deriveOwner(factory)?.login ?? []].flat();
  const people = [adminUser, ...owners, ...project.maintainers];
  const writers = bots.map(({ forgeUser }) => forgeUser);
  const ci = ciProviders[project.ci.provider].user?.(factory);
  return {
    repo: project.repo,
    private: false,
    primaryBranch: project.primaryBranch,
    writers: [...writers, ...(ci ? [ci.login] : [])],
    people: owners,
    accounts: deriveUsers(factory).map(({ login }) => login),
    labels,
    protection: {
      branch: project.primaryBranch,
      requiredApprovals: 1,
      approvers: joinLogins(
        loginsThat(({ approves }) => approves),
        people,
      ),
      mergers: joinLogins(
        loginsThat(({ merges }) => merges),
        people,
      ),
      pushers: joinLogins(people),
      requiredContexts: [...project.ci.required].sort(),
      protectedPaths: [...new Set([...alwaysProtected, ...project.protectedPaths])].sort(),
    },
  };
}

/** Each once, however it is written. */
function joinLogins(...lists: readonly (readonly string[])[]): readonly string[] {
  const known = new Map(lists.flat().map((login) => [login.toLowerCase(), login]));
  return [...known.values()].sort();
}

/** The repository for what concerns the whole factory and no project, such as the leases on model slots. */
function deriveFactoryRepository(factory: Factory): DesiredRepository {
  return {
    repo: deriveFactoryRepo(factory),
    private: true,
    primaryBranch: "main",
    writers: factory.bots.map(({ forgeUser }) => forgeUser),
    people: [],
    accounts: [],
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
    ...planOwner(desired.owner, observed.owner),
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
  const { repo, writers, protection } = repository;
  const { empty, access, labels: present, protection: rules } = seen ?? nothing;
  if (!seen)
    yield { action: { kind: "create-repository", repository }, because: "no such repository" };
  for (const login of writers) {
    const because = judgeAccess(login, access.get(login));
    if (because) yield { action: { kind: "grant-write", repo, login }, because };
  }
  for (const login of repository.people) {
    if (["write", "admin", "owner"].includes(access.get(login) ?? "none")) continue;
    yield {
      action: { kind: "grant-write", repo, login },
      because: `${login} has no write access`,
    };
  }
  for (const label of repository.labels) {
    if (!present.includes(label.name))
      yield { action: { kind: "create-label", repo, label }, because: "no such label" };
  }
  if (!protection) return;
  if (empty && canFill)
    yield { action: { kind: "fill-repository", repository }, because: "it is empty" };
  yield* planProtection(repo, keepInsiders(protection, repository, seen), rules);
}

/** A forge leaves the names of others out without a word, and they would be planned again for ever. */
function keepInsiders(
  wanted: Protection,
  { writers, people, accounts }: DesiredRepository,
  seen: ObservedRepository | undefined,
): Protection {
  const { insiders, administrators = [] } = seen ?? {};
  const barred = new Set(accounts.map((login) => login.toLowerCase()));
  const pushers = joinLogins(administrators, wanted.pushers).filter(
    (login) => !barred.has(login.toLowerCase()),
  );
  if (!insiders) return { ...wanted, pushers };
  const granted = [...writers, ...people].map((login) => login.toLowerCase());
  const known = new Set([...insiders, ...granted]);
  const keep = (logins: readonly string[]) =>
    logins.filter((login) => known.has(login.toLowerCase()));
  const { approvers, mergers } = wanted;
  return {
    ...wanted,
    approvers: keep(approvers),
    mergers: keep(mergers),
    pushers: keep(pushers),
  };
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
    sameLogins(rules.pushers, wanted.pushers) &&
    same(rules.requiredContexts, wanted.requiredContexts) &&
    same(rules.protectedPaths, wanted.protectedPaths)
  );
}
