/** The project that the operator names to `init`: declared already, or about to be. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { loadFactoryWith } from "../config/load.ts";
import type { Factory, RepoId } from "../core/factory.ts";
import { formatRepo, isSameRepo } from "../core/identities.ts";
import { isSameLogin } from "../core/names.ts";
import { type OfferedPreset, offerPresets } from "../core/network-presets.ts";
import { type ChosenCi, chooseCi } from "../core/project-ci.ts";
import type { Answers } from "../core/setup.ts";
import { parseSource } from "../core/source.ts";
import { DisintoError } from "../errors.ts";
import type { ForgeAdmin } from "../ports/forge-admin.ts";
import { type DecideCi, findMissingCi, offerChoice } from "./ci-choice.ts";
import { type Content, openContent } from "./content.ts";
import { openForge } from "./forge-access.ts";
import type { InitTools } from "./init-tools.ts";
import { declareProject, type ProjectDeclaration } from "./project-declaration.ts";
import { describeOnForge } from "./repository-sketch.ts";

export interface InitProject {
  readonly repo: RepoId;
  /** Undefined if the repository on the forge is used. */
  readonly content: Content | undefined;
  /** The operator's own folder, where it is one. */
  readonly original?: string | undefined;
  /** To be written; undefined when it is declared already, or can only be known from the forge. */
  readonly declaration: ProjectDeclaration | undefined;
  readonly isDeclared: boolean;
  readonly ci: ChosenCi;
}

interface ProjectChoice {
  readonly folder: string;
  readonly repository?: string | undefined;
  /** Asked for by name. */
  readonly ci?: string | undefined;
  readonly decide: ProjectDecisions;
}

/** Asked once of a project that nobody has declared, before anything is written of it. */
export interface ProjectDecisions {
  /** What is made of a repository without a workflow. */
  readonly decideCi?: DecideCi | undefined;
  /** What it may reach, of what its files speak for; undefined where nobody decides it now. */
  readonly decideAllowed?:
    | ((offered: readonly OfferedPreset[]) => Promise<readonly string[] | undefined>)
    | undefined;
}

/** Undefined when none was named. Writes nothing. */
export async function openProject(
  tools: InitTools,
  { folder, repository, ci: asked, decide }: ProjectChoice,
  settings: Answers,
): Promise<InitProject | undefined> {
  if (repository === undefined) return undefined;
  const { factory } = await loadFactoryWith(folder, tools.version, { settings });
  const ci = chooseCi(factory, asked);
  const isFolder = await stat(repository).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const named = isFolder ? path.resolve(repository) : repository;
  const source = parseSource(named, { isFolder, forgeUrl: factory.forge.url });
  if (source.kind === "forge") return { ...openForgeProject(factory, source.repo), ci };
  const repo = { owner: factory.forge.adminUser, name: source.name };
  const content = openContent(tools, source);
  const isDeclared = isDeclaredIn(factory, repo);
  try {
    const described = isDeclared && source.kind === "url" ? undefined : await content.describe();
    const undeclared = isDeclared ? undefined : described;
    const looked = undeclared && {
      name: source.name,
      provider: ci.provider,
      described: undeclared,
    };
    const decided = looked && (await ask(tools, { ...looked, isPushed: true }, decide));
    const declaration = undeclared && declareProject(repo, undeclared, { ci, ...decided });
    const original = source.kind === "folder" ? source.folder : undefined;
    return { repo, content, original, declaration, isDeclared, ci };
  } catch (error) {
    await content.discard();
    throw error;
  }
}

function openForgeProject(factory: Factory, repo: RepoId): Omit<InitProject, "ci"> {
  const isDeclared = isDeclaredIn(factory, repo);
  return { repo, content: undefined, declaration: undefined, isDeclared };
}

function isDeclaredIn({ projects }: Factory, repo: RepoId): boolean {
  return projects.some((project) => isSameRepo(project.repo, repo));
}

async function ask(
  { say }: InitTools,
  looked: Parameters<typeof findMissingCi>[0],
  { decideCi, decideAllowed }: ProjectDecisions,
) {
  const missing = findMissingCi(looked);
  if (missing) say(missing.message);
  const choice = missing && (decideCi ? await decideCi(missing) : offerChoice(missing));
  return { choice, allow: await decideAllowed?.(offerPresets(looked.described.names)) };
}

interface Undeclared extends Pick<InitProject, "repo" | "isDeclared" | "ci"> {
  readonly folder: string;
  readonly decide: ProjectDecisions;
}

/** Brings our forge up, since only there can be read what the project is like. */
export async function declareFromForge(
  tools: InitTools,
  { folder, repo, isDeclared, ci, decide }: Undeclared,
): Promise<ProjectDeclaration | undefined> {
  if (isDeclared) return undefined;
  const { factory, administrator } = await openForge(tools, folder);
  const { forge, credentials } = administrator;
  if (!(await forge.repositories.find(repo))) {
    throw new DisintoError(
      "forge.not-found",
      `there is no folder ${formatRepo(repo)}, and no repository of that name at ${factory.forge.url}`,
      { hint: "give a folder with a git repository, or the address of one" },
    );
  }
  const { url } = factory.forge;
  const { login, password } = credentials;
  const place = {
    url: `${url}/${formatRepo(repo)}.git`,
    access: { forgeUrl: url, login, token: password },
  };
  const described = await describeOnForge(tools.repositories, place, formatRepo(repo));
  const looked = { name: formatRepo(repo), provider: ci.provider, described, isPushed: false };
  const trusted = await findOperator(forge, repo, login);
  return declareProject(repo, described, { ci, trusted, ...(await ask(tools, looked, decide)) });
}

/** Whoever administers the site alone may write no code there, so that what the operator files would wait for somebody. */
async function findOperator({ forge }: ForgeAdmin, repo: RepoId, login: string) {
  const writers = await forge.writers(repo);
  return writers.some((writer) => isSameLogin(writer, login)) ? undefined : login;
}
