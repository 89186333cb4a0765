/** A factory out of a configuration: the forge is up, every bot is a user of it, every project has its rules. */

import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { listUsedCis } from "../ci/definitions.ts";
import { listProjectNames, writeAgentSection } from "../config/agent-section.ts";
import { setEnvironment } from "../config/env-file.ts";
import { withLock } from "../config/file-lock.ts";
import { loadFactory, loadFactoryWith, type PendingChanges } from "../config/load.ts";
import { isSecretKey } from "../config/secret-keys.ts";
import type { SecretStore } from "../config/secret-store.ts";
import type { ActivationStep } from "../core/ci-activation.ts";
import type { Factory, RepoId } from "../core/factory.ts";
import {
  deriveIdentities,
  formatRepo,
  type IdentityStep,
  isSameRepo,
  planIdentities,
} from "../core/identities.ts";
import { formatIdentityStep } from "../core/identity-text.ts";
import { findMissingReviewer, type MissingReviewer, REVIEWER } from "../core/reviewer.ts";
import type { Answers } from "../core/setup.ts";
import { engines } from "../engines/definitions.ts";
import { DisintoError } from "../errors.ts";
import type { AddedFile } from "../ports/repositories.ts";
import { checkAccounts, inspectForge, loadWithReviewer } from "./account-check.ts";
import type { Administrator } from "./administrator.ts";
import { activateCi } from "./ci-activation.ts";
import { findMissingWorkflow } from "./ci-choice.ts";
import type { Content } from "./content.ts";
import { makeDashboardSecrets } from "./dashboard.ts";
import { LOCK_LIMIT_MS, openForge } from "./forge-access.ts";
import { applyIdentities, type InitialContent } from "./identities.ts";
import type { InitTools } from "./init-tools.ts";
import { introduceForge } from "./own-remote.ts";
import {
  declareFromForge,
  type InitProject,
  openProject,
  type ProjectDecisions,
} from "./project.ts";
import {
  type ProjectDeclaration,
  writeDeclaration,
  writeProjectSchema,
} from "./project-declaration.ts";
import { noteRepository } from "./repository-sketch.ts";
import { type ProvidedAnswers, resolveAnswers } from "./setup.ts";

export interface InitOptions {
  readonly folder: string;
  /** A folder, an address, or `owner/name` on the forge; see core/source.ts. */
  readonly repository?: string | undefined;
  readonly provided?: ProvidedAnswers | undefined;
  /** Logins of accounts that become the bots', whoever had them. */
  readonly adopted?: readonly string[] | undefined;
  readonly decide?: ProjectDecisions;
  readonly dryRun?: boolean;
}

export interface InitResult {
  readonly factory: Factory;
  /** What was done; with `dryRun`, what would be. */
  readonly steps: readonly (IdentityStep | ActivationStep)[];
}

export function newSecret(): string {
  return randomBytes(24).toString("hex");
}

/** Who changes identities waits for the others: two at once would each replace what the other one made. */
export async function lockIdentities<T>(folder: string, body: () => Promise<T>): Promise<T> {
  await makeFolder(folder);
  return withLock({ folder, name: "identities", waitMs: LOCK_LIMIT_MS }, body);
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new DisintoError("file.unwritable", `${folder} cannot be created (${error.code})`, {
      cause: error,
    });
  });
}

export function initFactory(tools: InitTools, options: InitOptions): Promise<InitResult> {
  return lockIdentities(options.folder, () => initialise(tools, options));
}

async function initialise(tools: InitTools, options: InitOptions): Promise<InitResult> {
  const { folder, provided, dryRun = false, adopted } = options;
  const settings = provided ? await resolveAnswers(folder, provided) : {};
  tools.learnSecrets(Object.entries(settings).filter(([key]) => isSecretKey(key)));
  const project = await openProject(tools, { decide: {}, ...options, ci: provided?.ci }, settings);
  try {
    const changes = { settings, project, adopted };
    const pending = { settings, project: project?.declaration };
    if (!dryRun) await checkAccounts(tools, folder, { ...pending, adopted });
    announceChanges(tools, settings, project);
    if (dryRun) return await preview(tools, folder, changes);
    await setEnvironment(folder, settings);
    return await createFactory(tools, options, project);
  } finally {
    await project?.content?.discard();
  }
}

function announceChanges(
  { say }: InitTools,
  settings: Answers,
  project: InitProject | undefined,
): void {
  for (const [key, value] of Object.entries(settings))
    say(`+ ${key} in .env   ${isSecretKey(key) ? "(hidden)" : value}`);
  if (project?.declaration) announceDeclaration(say, project.declaration, project.ci);
  if (project && !project.declaration && !project.isDeclared)
    say(`+ the project's settings, read from ${formatRepo(project.repo)} on the forge`);
}

function announceDeclaration(
  say: InitTools["say"],
  { file, text }: ProjectDeclaration,
  { because }: InitProject["ci"],
): void {
  say(`+ ${file}   the project's settings`);
  const prefix = /^branch_prefix = .*$/m.exec(text)?.[0];
  const allow = /^# (allow = .*)$/m.exec(text)?.[1];
  const required = /^(?:required|when_absent) = .*$/gm;
  for (const [line] of text.matchAll(required)) say(`  ci: ${line}`);
  if (because) say(`  disinto's own CI runs its checks, not Woodpecker: ${because}`);
  const allowed = /^allow = .*$/m.exec(text)?.[0];
  if (allow) say(`  no registry may be reached; [network] ${allow} there would allow it`);
  if (allowed) say(`  [network] ${allowed}: what sessions and runs of the CI may reach outside`);
  if (prefix) say(`  ${prefix}, since a branch is where fix/issue-N would have to be`);
}

interface Changes {
  readonly settings: Answers;
  readonly project: InitProject | undefined;
  readonly adopted: readonly string[] | undefined;
}

async function createFactory(
  tools: InitTools,
  { folder, decide = {}, adopted }: InitOptions,
  project: InitProject | undefined,
): Promise<InitResult> {
  const { say } = tools;
  const declaration =
    project &&
    (project.declaration ?? (await declareFromForge(tools, { ...project, folder, decide })));
  if (declaration) await writeDeclaration(folder, declaration);
  await writeProjectSchema(folder);
  await addReviewer(tools, folder);
  const { factory, secrets, administrator } = await openForge(tools, folder);
  const { caution } = engines[factory.engine];
  if (caution) say(caution);
  await makeCiTokens(factory, secrets);
  await makeDashboardSecrets({ factory, secrets, newSecret });
  const fill = buildFill(tools, { factory, project, administrator });
  const steps = await applyIdentities(
    { forge: administrator.forge, secrets, newSecret, fill, say, adopted },
    deriveIdentities(factory),
    { dryRun: false },
  );
  const renewed = await loadFactory(folder, tools.version);
  const activation = await activateCi(tools, folder, {
    ...renewed,
    newSecret,
    forge: administrator.forge,
  });
  if (project?.original !== undefined) {
    const { repo, original } = project;
    await introduceForge(tools, { factory: renewed.factory, folder, repo, original });
  }
  await printNotes(tools, { factory, folder }, administrator);
  return { factory, steps: [...steps, ...activation] };
}

/** Says of every project, whoever declared it, what would otherwise be found out by a session that is paid for. */
async function printNotes(
  { repositories, say, oneShots, containers }: InitTools,
  { factory, folder }: { readonly factory: Factory; readonly folder: string },
  { credentials: { login, password } }: Administrator,
): Promise<void> {
  const access = { forgeUrl: factory.forge.url, login, token: password };
  const isSet = (key: string): boolean => factory.ci.secretKeys.includes(key);
  const steps = { oneShots, project: (await containers(factory, folder)).project };
  for (const project of factory.projects) {
    const notes = await noteRepository({ factory, steps, project, repositories, access, isSet });
    for (const { message, hint } of notes ?? []) say(`${message}; ${hint}`);
  }
}

/** Read access to the runs of a CI of ours, for the bots. */
async function makeCiTokens(factory: Factory, secrets: SecretStore): Promise<void> {
  for (const { access } of listUsedCis(factory))
    if (access?.isMade && !secrets.get(access.tokenKey))
      await secrets.set({ [access.tokenKey]: newSecret() });
}

/** What would be done, writing nothing; a forge that is not there yet has nothing. */
async function preview(
  tools: InitTools,
  folder: string,
  { settings, project, adopted }: Changes,
): Promise<InitResult> {
  const { say } = tools;
  const declaration = project?.declaration;
  const changes = { settings, project: declaration };
  announceReviewer(tools, await missingReviewer(tools, folder, changes));
  const { factory, environment } = await loadWithReviewer(tools, folder, changes);
  const desired = deriveIdentities(factory);
  const fill = project?.content ? { repo: project.repo, with: async () => {} } : undefined;
  const seen = await inspectForge(tools, folder, { factory, environment });
  if (seen) {
    const identityTools = { ...seen, newSecret, fill, say, adopted };
    return { factory, steps: await applyIdentities(identityTools, desired, { dryRun: true }) };
  }
  const nothing = { users: new Map(), repositories: new Map() };
  const steps = planIdentities(desired, nothing, { canFill: fill?.repo });
  for (const step of steps) say(formatIdentityStep(step));
  return { factory, steps };
}

async function missingReviewer({ version }: InitTools, folder: string, changes: PendingChanges) {
  return findMissingReviewer((await loadFactoryWith(folder, version, changes)).factory);
}

/** Adds it to every project's file, so that it reviews everywhere. */
async function addReviewer(tools: InitTools, folder: string): Promise<void> {
  const { version } = tools;
  const missing = findMissingReviewer((await loadFactory(folder, version)).factory);
  announceReviewer(tools, missing);
  if (missing?.type !== "addable") return;
  const files = [...(await listProjectNames(folder)).keys()];
  const { settings } = missing;
  await writeAgentSection({ folder, version, name: REVIEWER, settings }, files);
}

function announceReviewer({ say }: InitTools, missing: MissingReviewer | undefined): void {
  if (missing?.type === "addable")
    say(
      `+ [agents.${REVIEWER}]   approvals are required but no bot reviews; configured like ${missing.like}`,
    );
  if (missing?.type === "lacking") say(`no reviewer is added: ${missing.because}`);
}

interface InitialContentOptions {
  readonly factory: Factory;
  readonly project: InitProject | undefined;
  readonly administrator: Administrator;
}

/** Forgejo looks at what was pushed in a queue: for a while the repository is said to be empty. */
const LOOKED_AT_LIMIT_MS = 60_000;

function buildFill(
  { repositories, clock, say, signal }: InitTools,
  { factory, project, administrator }: InitialContentOptions,
): InitialContent | undefined {
  const content = project?.content;
  if (!content) return undefined;
  const { url } = factory.forge;
  const { login, password } = administrator.credentials;
  const access = { forgeUrl: url, login, token: password };
  return {
    repo: project.repo,
    with: async () => {
      const folder = await content.folder();
      const place = { folder, url: `${url}/${formatRepo(project.repo)}.git`, access };
      const added = await findAdded(factory, project.repo, content);
      if (added) say(`the first push adds ${added.path}: one commit that your repository has not`);
      await repositories.push({ ...place, ...(added && { added }) });
      const untilMs = clock.monotonicMs() + LOOKED_AT_LIMIT_MS;
      const find = () => administrator.forge.repositories.find(project.repo);
      while ((await find())?.empty && clock.monotonicMs() < untilMs) await clock.sleep(200, signal);
    },
  };
}

async function findAdded(
  { projects }: Factory,
  repo: RepoId,
  content: Content,
): Promise<AddedFile | undefined> {
  const declared = projects.find((one) => isSameRepo(one.repo, repo));
  const described = await content.describe();
  const owed = declared && findMissingWorkflow(declared.ci, described);
  if (!owed) return undefined;
  const message = `CI: ${owed.file} tests what ${owed.manifests.join(", ")} describes`;
  return { branch: described.branch, path: owed.file, text: owed.text, message };
}
