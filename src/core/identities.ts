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
import {
  type AccountAction,
  type DesiredUser,
  type ObservedUser,
  planToken,
  planUser,
} from "./accounts.ts";
import { deriveDashboardUser } from "./dashboard-service.ts";
import type { Bot, Factory, Project, RepoId } from "./factory.ts";
import { deriveCredentialKeys, joinLogins } from "./names.ts";
import {
  type DesiredOwner,
  deriveOwner,
  type ObservedOwner,
  type OwnerAction,
  planOwner,
} from "./owner.ts";
import { alwaysProtected } from "./protected-paths.ts";
import { repositoryLabels } from "./repository-labels.ts";
import { planRepository } from "./repository-plan.ts";
import type { Step } from "./step.ts";

export interface DesiredIdentities {
  /** Absent while the factory has none. */
  readonly factoryId: string | undefined;
  /** Who asks, and where. */
  readonly administrator: { readonly login: string; readonly url: string };
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
  /** Accounts of the factory that make webhooks there. */
  readonly administrators?: readonly string[];
  /** People who get write access where they have less; more is left to them. */
  readonly people: readonly string[];
  /** Every account of the factory: none of these pushes to the primary branch, whatever access it has. */
  readonly accounts: readonly string[];
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
  /** Those of them who administer it and are no account of the factory. */
  readonly peopleWhoAdminister?: readonly string[];
}

export type IdentityAction =
  | OwnerAction
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

const LIMITED_SCOPES = ["write:issue", "write:repository"];
/** A token that is not limited to repositories also shows whose it is. */
const BOT_SCOPES = ["read:user", ...LIMITED_SCOPES];

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
  const readers = deriveDashboardUser(factory).map(({ login }) => login);
  return {
    factoryId: factory.id,
    administrator: { login: factory.forge.adminUser, url: factory.forge.url },
    owner: deriveOwner(factory),
    users,
    repositories: [
      ...factory.projects.map((project) => deriveRepository(factory, project)),
      deriveFactoryRepository(factory),
    ].map((one) => ({ ...one, readers })),
    application: deriveApplication(factory),
  };
}

function deriveUsers(factory: Factory): readonly DesiredUser[] {
  const bots = factory.bots.map(
    (bot): DesiredUser => ({
      login: bot.forgeUser,
      keys: deriveCredentialKeys(bot.name),
      scopes: BOT_SCOPES,
      limited: { scopes: LIMITED_SCOPES, repositories: listRepositories(factory, bot) },
      origin: bot.origin,
      renamedBy: bot.declaredIn === "LLAMA_BOTS" ? "LLAMA_BOTS" : "forge_user",
    }),
  );
  const cis = listUsedCis(factory).flatMap(({ user }) => user?.(factory) ?? []);
  const accounts = factory.projects.flatMap(({ ci }) => findCiAccount(ci, factory.name) ?? []);
  const [account] = accounts;
  const dashboard = deriveDashboardUser(factory);
  return [...bots, ...cis, ...(account ? [account] : []), ...dashboard];
}

/** All that a bot's token has to reach, first the factory's own. */
function listRepositories(factory: Factory, { projects }: Pick<Bot, "projects">) {
  const own = factory.projects.filter(({ name }) => projects.includes(name));
  return [deriveFactoryRepo(factory), ...own.map(({ repo }) => repo)] as const;
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
  const account = findCiAccount(project.ci, factory.name);
  return {
    repo: project.repo,
    private: false,
    primaryBranch: project.primaryBranch,
    writers: [...writers, ...(ci ? [ci.login] : [])],
    people: owners,
    accounts: deriveUsers(factory).map(({ login }) => login),
    ...(account && { administrators: [account.login] }),
    labels: repositoryLabels,
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
    ...desired.users.flatMap((user) => [
      ...planToken(user, observed.users.get(user.login), desired.factoryId),
    ]),
    ...planApplication(desired.application, observed.application),
  ];
}
