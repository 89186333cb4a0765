/** A folder's `.env` and `projects/*.toml` → the typed factory, or every problem at once. */

import { basename } from "node:path";
import { ciProviders } from "../ci/definitions.ts";
import type { Bot, Factory, Project } from "../core/factory.ts";
import { DisintoError } from "../errors.ts";
import { type Adopted, adopt } from "../older/adoption.ts";
import { env } from "../settings/env.ts";
import { renameKeys } from "../settings/names.ts";
import type { AgentSection, ProjectFile } from "../settings/project.ts";
import { assembleBots } from "./bots.ts";
import { type EnvChanges, editEnv } from "./env-file.ts";
import { type Environment, parseEnvironment } from "./environment.ts";
import { type FactorySettings, Reader, readFactorySettings } from "./factory-settings.ts";
import { type ConfigFiles, readFiles, readText } from "./files.ts";
import { type ConfigProblem, sortProblems, toConfigError } from "./problem.ts";
import { type LoadedProject, parseProject } from "./project-file.ts";
import { checkRules, type Location, type ProjectPlaces } from "./rules.ts";

export interface LoadedFactory {
  readonly factory: Factory;
  /** Everything in `.env`, secrets included: for looking up credentials by key, never for printing. */
  readonly environment: ReadonlyMap<string, string>;
  /** Settings taken from an older installation that `.env` does not hold yet. */
  readonly adopted: readonly Adopted[];
}

/** Never throws for what stands in the files; `factory` is absent exactly when there are problems. */
export async function checkFactory(
  folder: string,
  version: string,
): Promise<{ loaded?: LoadedFactory; problems: readonly ConfigProblem[] }> {
  const files = await readFiles(folder);
  return checkFiles(files, version);
}

/** Throws `config.invalid` with all problems in its message. */
export async function loadFactory(folder: string, version: string): Promise<LoadedFactory> {
  const { loaded, problems } = await checkFactory(folder, version);
  if (!loaded) throw toConfigError(problems);
  return loaded;
}

export interface PendingChanges {
  /** Lines of `.env` that are not written yet. */
  readonly settings?: EnvChanges;
  readonly project?: { readonly file: string; readonly text: string } | undefined;
  /** What every project's file would then be. */
  readonly edit?: (text: string, file: string) => string;
}

/** Loads the factory as if this were written already; nothing is written. */
export async function loadFactoryWith(
  folder: string,
  version: string,
  { settings = {}, project, edit = (text) => text }: PendingChanges,
): Promise<LoadedFactory> {
  const files = await readFiles(folder).catch((error: unknown) => {
    if (error instanceof DisintoError && error.code === "config.missing")
      return { env: "", projects: [] };
    throw error;
  });
  const env = typeof files.env === "string" ? editEnv(files.env, settings) : files.env;
  const projects = [...files.projects, ...(project ? [project] : [])].map((one) =>
    typeof one.text === "string" ? { file: one.file, text: edit(one.text, one.file) } : one,
  );
  const { loaded, problems } = checkFiles({ ...files, env, projects }, version);
  if (!loaded) throw toConfigError(problems);
  return loaded;
}

/** What `.env` says and what an older installation shows instead; broken projects do not matter. */
export async function loadStated(folder: string): Promise<ReadonlyMap<string, string>> {
  const { env, olderServices = {}, generatedImages } = await readFiles(folder);
  const written = parseEnvironment(".env", typeof env === "string" ? env : "");
  return addAdopted(written, adopt(written, olderServices, generatedImages)).values;
}

/** Only `.env`, for commands that must work while the projects are broken. */
export async function loadEnvironment(folder: string): Promise<ReadonlyMap<string, string>> {
  const text = await readText(folder, ".env");
  return typeof text === "string" ? parseEnvironment(".env", text).values : new Map();
}

export function checkFiles(
  { env, projects, olderServices = {}, generatedImages }: ConfigFiles,
  version: string,
): { loaded?: LoadedFactory; problems: readonly ConfigProblem[] } {
  const written = parseEnvironment(".env", typeof env === "string" ? env : "");
  const adopted = adopt(written, olderServices, generatedImages);
  const environment = addAdopted(written, adopted);
  const sorted = [...projects].sort((a, b) => (a.file < b.file ? -1 : 1));
  const parsed = sorted.map(({ file, text }) =>
    typeof text === "string"
      ? { ...parseProject(file, text), text }
      : { problems: [text], text: "" },
  );
  const loaded = parsed.flatMap(({ project: file }) =>
    file ? [{ file, project: toProject(file) }] : [],
  );
  const reader = new Reader(environment);
  const statedForgeUrl = loaded.find(({ file }) => file.settings.forge_url)?.file.settings
    .forge_url;
  const { bots, problems: ofBots } = assembleBots(environment, loaded);
  const settings = readFactorySettings(reader, version, statedForgeUrl);
  const factory: Factory = {
    ...settings,
    bots,
    projects: loaded.map(({ project }) => nameCiLogin(project, settings.ci)),
  };
  const problems = sortProblems([
    ...(typeof env === "string" ? [] : [env]),
    ...environment.problems,
    ...reader.problems,
    ...parsed.flatMap((one) => one.problems),
    ...ofBots,
    ...checkRules({
      factory,
      environment,
      isUnread: ({ name }) => parsed.some(({ project, text }) => !project && mentions(text, name)),
      locateBot: (bot, key) => locateBot({ bot, key, environment, loaded }),
      projectPlaces: loaded.map(({ file }) => locateProject(file)),
    }),
  ]);
  if (problems.length > 0) return { problems };
  return { loaded: { factory, environment: environment.values, adopted }, problems };
}

/** Whether the text contains the name as a word: `a` is not in `[agents.ada]`. */
function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text);
}

function addAdopted(environment: Environment, adopted: readonly Adopted[]): Environment {
  const values = new Map(environment.values);
  for (const { key, value } of adopted) values.set(key, value);
  return { ...environment, values };
}

function locateProject({ source, settings }: LoadedProject): ProjectPlaces {
  const place = (key: keyof ProjectFile) => ({ ...source.locate([key]), path: key });
  return {
    forgeUrl: { ...place("forge_url"), value: settings.forge_url },
    image: place("image"),
    name: place("name"),
    repo: place("repo"),
  };
}

/** What a section may leave to `.env`. */
const llamaVariables: { readonly [Key in keyof AgentSection]?: string } = {
  slots: env.llamaSlots.key,
  base_url: env.llamaBaseUrl.key,
};

function locateBot(wanted: {
  bot: Bot;
  key: string | undefined;
  environment: Environment;
  loaded: readonly { file: LoadedProject }[];
}): Location {
  const { bot, key, environment, loaded } = wanted;
  const own = loaded.find(({ file }) => Object.hasOwn(file.settings.agents, bot.name));
  const path = ["agents", bot.name, ...(key === undefined ? [] : [key])];
  const ofSection = own?.file.settings.agents[bot.name];
  const variable = key && llamaVariables[key as keyof AgentSection];
  if (variable && ofSection?.[key as keyof AgentSection] === undefined)
    return { ...environment.locate(variable), path: variable };
  if (own) return { ...own.file.source.locate(path), path: path.join(".") };
  const front = environment.values.has(env.llamaBots.key)
    ? env.llamaBots.key
    : env.enableLlamaAgent.key;
  return { ...environment.locate(front, bot.name), path: front };
}

/** Where it is not the usual one; what every factory has changes no service's environment. */
function nameCiLogin(project: Project, { login }: FactorySettings["ci"]): Project {
  const { ci } = project;
  const usual = ciProviders[ci.provider].usualLogin;
  if (ci.login !== undefined || usual === undefined || usual === login) return project;
  return { ...project, ci: { ...ci, login } };
}

/** Absent where it is not set: what a project does not have of its own changes no service's environment. */
function toProject({ source, settings }: LoadedProject): Project {
  const { name = basename(source.file, ".toml"), repo, ci, limits, ...rest } = settings;
  const { forge_url: _, agents: __, ...options } = rest;
  const [owner = "", repository = ""] = repo.split("/");
  return {
    ...renameKeys(options),
    name,
    repo: { owner, name: repository },
    ci: renameKeys(ci),
    limits: renameKeys(limits),
  };
}
