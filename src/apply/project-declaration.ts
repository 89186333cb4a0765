/** Writes projects/<name>.toml for a local repository, when no project is declared yet. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { loadEnvironment } from "../config/load.ts";
import { formatProjectSchema, schemaFile } from "../config/reference.ts";
import { deriveContext, isWorkflowFile } from "../core/ci-contexts.ts";
import { DisintoError } from "../errors.ts";
import type { Repositories } from "../ports/repositories.ts";
import { writeIfChanged } from "./generated-file.ts";

interface Declaration {
  readonly folder: string;
  readonly repository: string;
}

interface DeclarationTools {
  readonly repositories: Repositories;
}

export interface ProjectDeclaration {
  readonly file: string;
  readonly text: string;
}

/** Undefined when a project is declared already. Writes nothing. */
export async function deriveDeclaration(
  tools: DeclarationTools,
  { folder, repository }: Declaration,
): Promise<ProjectDeclaration | undefined> {
  const branch = await tools.repositories.currentBranch(repository);
  if (branch === undefined) {
    throw new DisintoError(
      "usage.invalid",
      `${repository} holds no git repository with a commit on a branch`,
      {
        hint: "name a folder that has one",
      },
    );
  }
  const declared = await readdir(path.join(folder, "projects")).catch(() => []);
  if (declared.some((name) => name.endsWith(".toml"))) return undefined;
  const name = deriveProjectName(repository);
  const owner = (await loadEnvironment(folder)).get("FORGE_ADMIN_USER") || "disinto-admin";
  const workflows = (await readdir(path.join(repository, ".woodpecker")).catch(() => []))
    .filter(isWorkflowFile)
    .sort();
  const text = formatProject({
    repo: `${owner}/${name}`,
    branch,
    required: workflows.map(deriveContext),
  });
  return { file: `projects/${name}.toml`, text };
}

export async function writeDeclaration(
  folder: string,
  { file, text }: ProjectDeclaration,
): Promise<void> {
  await mkdir(path.join(folder, "projects"), { recursive: true });
  await writeFile(path.join(folder, file), text, { flag: "wx" });
}

/** For editors; what they say of a project's file is then what this version reads. */
export async function writeProjectSchema(folder: string): Promise<void> {
  await writeIfChanged(folder, schemaFile, formatProjectSchema());
}

function deriveProjectName(repository: string): string {
  const name = path.basename(path.resolve(repository)).toLowerCase();
  return name.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "") || "project";
}

interface ProjectText {
  readonly repo: string;
  readonly branch: string;
  readonly required: readonly string[];
}

/** JSON strings are TOML strings too. */
function formatProject({ repo, branch, required }: ProjectText): string {
  return [
    `#:schema ../${schemaFile}`,
    `repo = ${JSON.stringify(repo)}`,
    `primary_branch = ${JSON.stringify(branch)}`,
    "",
    "[ci]",
    `required = ${JSON.stringify(required)}`,
    "",
  ].join("\n");
}
