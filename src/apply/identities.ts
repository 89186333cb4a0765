/** Observes and repairs identities on the forge. Credentials that work are never replaced; every write is read back. */
import type { SecretStore } from "../config/secret-store.ts";
import type { RepoId } from "../core/factory.ts";
import {
  type DesiredIdentities,
  type DesiredRepository,
  type DesiredUser,
  formatRepo,
  type IdentityAction,
  type IdentityStep,
  type ObservedIdentities,
  type ObservedRepository,
  type ObservedUser,
  planIdentities,
} from "../core/identities.ts";
import { formatIdentityStep } from "../core/identity-text.ts";
import { deriveEmail, formatTokenName, isOurToken } from "../core/names.ts";
import { DisintoError } from "../errors.ts";
import type { Access, ForgeAdmin } from "../ports/forge-admin.ts";
import { execute, type Handlers } from "./execute.ts";
import { observeApplication, registerApplication } from "./oauth-application.ts";

export interface IdentityTools {
  readonly forge: ForgeAdmin;
  readonly secrets: SecretStore;
  readonly newSecret: () => string;
  /** Undefined when there is nothing to fill an empty repository with. */
  readonly fill: Fill | undefined;
  readonly say: (line: string) => void;
}

/** What one project's repository is filled with while it is empty. */
export interface Fill {
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
  const steps = planIdentities(desired, await observeIdentities(tools, desired), { canFill });
  const announce = (step: IdentityStep) => tools.say(formatIdentityStep(step));
  if (dryRun) for (const step of steps) announce(step);
  else {
    const replan = async () =>
      planIdentities(desired, await observeIdentities(tools, desired), { canFill });
    await execute({ steps, handlers: buildHandlers(tools), announce, replan, explain });
  }
  return steps;
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
  const users = new Map<string, ObservedUser>();
  for (const user of desired.users) users.set(user.login, await observeUser(tools, user));
  const repositories = new Map<string, ObservedRepository>();
  for (const repository of desired.repositories) {
    const seen = await observeRepository(tools, repository);
    if (seen) repositories.set(formatRepo(repository.repo), seen);
  }
  if (!desired.application) return { users, repositories };
  return { users, repositories, application: await observeApplication(tools) };
}

async function observeUser(
  { forge, secrets }: Pick<IdentityTools, "forge" | "secrets">,
  { login, keys }: DesiredUser,
): Promise<ObservedUser> {
  const found = await forge.users.find(login);
  if (!found) return { exists: false, isAdmin: false, passwordWorks: false, tokenWorks: false };
  const [password, token] = [secrets.get(keys.password), secrets.get(keys.token)];
  const passwordWorks =
    password !== undefined && (await forge.users.loginOf({ login, password })) === login;
  const tokenWorks = token !== undefined && (await forge.users.loginOf({ token })) === login;
  return { exists: true, ...found, passwordWorks, tokenWorks };
}

async function observeRepository(
  { forge }: Pick<IdentityTools, "forge">,
  wanted: DesiredRepository,
): Promise<ObservedRepository | undefined> {
  const { repo, writers, administrators = [], primaryBranch } = wanted;
  const found = await forge.repositories.find(repo);
  if (!found) return undefined;
  const access = new Map<string, Access>();
  for (const login of [...writers, ...administrators])
    access.set(login, await forge.repositories.access(repo, login));
  return {
    empty: found.empty,
    access,
    labels: (await forge.labels.list(repo)).map(({ name }) => name),
    protection: await forge.repositories.protection(repo, primaryBranch),
    insiders: new Set((await forge.forge.writers(repo)).map((login) => login.toLowerCase())),
  };
}

function buildHandlers(tools: IdentityTools): Handlers<IdentityAction> {
  const { users, repositories, labels } = tools.forge;
  return {
    "create-user": ({ user }) => createUser(tools, user),
    "restrict-user": ({ user }) => users.restrict(user.login),
    "set-password": async ({ user }) =>
      users.setPassword({ login: user.login, password: await renewPassword(tools, user) }),
    "create-token": ({ user }) => createToken(tools, user),
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

async function createUser(tools: IdentityTools, { login, keys }: DesiredUser): Promise<void> {
  const password = tools.secrets.get(keys.password) ?? (await renewPassword(tools, { keys }));
  await tools.forge.users.create({ login, password, email: deriveEmail(login) });
}

/** Stored before the forge knows it, so that a kill in between leaves nothing that nobody knows. */
async function renewPassword(
  { secrets, newSecret }: IdentityTools,
  { keys }: Pick<DesiredUser, "keys">,
): Promise<string> {
  const password = newSecret();
  await secrets.set({ [keys.password]: password });
  return password;
}

/** Tokens of ours that nobody knows any more, as a kill leaves them, go first; then there is exactly one. */
async function createToken(
  { forge, secrets }: IdentityTools,
  { login, keys, scopes }: DesiredUser,
): Promise<void> {
  const password = secrets.get(keys.password);
  if (password === undefined)
    throw new DisintoError("credentials.missing", `${keys.password} is not in .env`);
  await forge.users.restrict(login);
  for (const { id, name } of await forge.tokens.list(login))
    if (isOurToken(name)) await forge.tokens.revoke(login, id);
  const token = await forge.tokens.create(
    { login, password },
    { name: formatTokenName(1), scopes },
  );
  await secrets.set({ [keys.token]: token });
}
