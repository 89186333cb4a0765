/** Writes and removes `[agents.<name>]` in the projects' files; what would be a bad configuration is not written. */
import { isDeepStrictEqual } from "node:util";
import { DisintoError } from "../errors.ts";
import type { AgentSection } from "../settings/project.ts";
import { refuseBotName } from "./bot-names.ts";
import { type ConfigFiles, readFiles } from "./files.ts";
import { checkFiles } from "./load.ts";
import { toConfigError } from "./problem.ts";
import { type LoadedProject, parseProject } from "./project-file.ts";
import { removeTomlKey, setTomlKey, type TomlPath } from "./toml-edit.ts";
import { editTomlFile } from "./toml-file.ts";
import { parseTomlSource } from "./toml-source.ts";
import type { TomlValue } from "./toml-text.ts";

/** Keys of a section; their values are checked with the whole file. */
type AgentValues = { readonly [Key in keyof AgentSection]?: TomlValue };

export interface SectionChange {
  readonly folder: string;
  readonly version: string;
  /** The bot. */
  readonly name: string;
  /** Keys to set; the others of the section stay as they are. */
  readonly settings: AgentValues;
}

/** All of these files say the same afterwards, or none is written. */
export async function writeAgentSection(
  change: SectionChange,
  files: readonly string[],
): Promise<void> {
  await checkAgentSection(change, files);
  const { folder, name, settings } = change;
  const edit = (text: string) => setAgentSection(text, name, settings);
  for (const file of files) await editTomlFile(folder, file, edit);
}

/** Throws what writing it would; writes nothing. */
export async function checkAgentSection(
  { folder, version, name, settings }: SectionChange,
  files: readonly string[],
): Promise<void> {
  const refusal = refuseBotName(name);
  if (refusal) throw new DisintoError("usage.invalid", refusal.message, { hint: refusal.hint });
  const edit = (text: string) => setAgentSection(text, name, settings);
  const texts = await readFiles(folder);
  const projects = texts.projects.map((one) =>
    files.includes(one.file) && typeof one.text === "string"
      ? { file: one.file, text: edit(one.text) }
      : one,
  );
  const { problems } = checkFiles({ ...texts, projects }, version);
  if (problems.length > 0) throw toConfigError(problems);
}

/** The text with these keys in the bot's section, which is made if there is none. */
export function setAgentSection(
  text: string,
  name: string,
  settings: SectionChange["settings"],
): string {
  return Object.entries(settings).reduce((edited, [key, value]) => {
    const path: TomlPath = ["agents", name, key];
    return isDeepStrictEqual(readValue(edited, path), value)
      ? edited
      : setTomlKey(edited, path, value);
  }, text);
}

function readValue(text: string, path: TomlPath): unknown {
  const source = parseTomlSource("", text);
  if (!("values" in source)) return undefined;
  return path.reduce<unknown>(
    (tree, key) => (tree as Record<string, unknown> | undefined)?.[key],
    source.values,
  );
}

/** Removes the section from every file that holds it; returns these files. */
export async function removeAgentSection(folder: string, name: string): Promise<readonly string[]> {
  const holders = await findHolders(folder, name);
  for (const file of holders) await editTomlFile(folder, file, (text) => removeSection(text, name));
  return holders;
}

/** A section that ended the file takes the blank line with it that set it apart. */
function removeSection(text: string, name: string): string {
  const edited = removeTomlKey(text, ["agents", name]);
  const gap = /\n\r?\n$/;
  return gap.test(edited) && !gap.test(text) ? edited.replace(/\r?\n$/, "") : edited;
}

/** The files that hold a section of this bot. */
export async function findHolders(folder: string, name: string): Promise<readonly string[]> {
  return listProjects(await readFiles(folder))
    .filter(({ settings }) => Object.hasOwn(settings.agents, name))
    .map(({ source }) => source.file);
}

function listProjects({ projects }: ConfigFiles): readonly LoadedProject[] {
  return projects.flatMap(({ file, text }) => {
    const parsed = typeof text === "string" ? parseProject(file, text).project : undefined;
    return parsed ? [parsed] : [];
  });
}

/** File → name of the project. */
export async function listProjectNames(folder: string): Promise<ReadonlyMap<string, string>> {
  return new Map(
    listProjects(await readFiles(folder)).map(({ source: { file }, settings }) => [
      file,
      settings.name ?? file.replace(/^projects\/|\.toml$/g, ""),
    ]),
  );
}

/** The file of the named project, or of the only one. */
export async function chooseProjectFile(
  folder: string,
  wanted: string | undefined,
): Promise<string> {
  const known = await listProjectNames(folder);
  const [only, ...others] = [...known].filter(
    ([, name]) => wanted === undefined || name === wanted,
  );
  if (only && others.length === 0) return only[0];
  if (known.size === 0) {
    throw new DisintoError(
      "config.missing",
      "the factory has no project that a bot could work on",
      {
        hint: "run disinto init <repository>, or fix the problems that disinto config check shows",
      },
    );
  }
  throw new DisintoError(
    "usage.invalid",
    only ? "there are several projects" : `there is no project ${wanted}`,
    { hint: `name one with --project: ${[...known.values()].join(", ")}` },
  );
}
