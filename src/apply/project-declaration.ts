/** Writes projects/<name>.toml for a repository that no project declares yet. */
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { DEFAULT_CI } from "../ci/definitions.ts";
import { listRequired, offerWorkflow } from "../ci/workflow-offers.ts";
import { replaceFile } from "../config/atomic-file.ts";
import { withLock } from "../config/file-lock.ts";
import { formatProjectSchema, schemaFile } from "../config/reference.ts";
import type { RepoId } from "../core/factory.ts";
import { formatRepo } from "../core/identities.ts";
import { type OfferedPreset, offerPresets } from "../core/network-presets.ts";
import type { ChosenCi } from "../core/project-ci.ts";
import { toProjectName } from "../core/source.ts";
import { choosePrefix } from "../core/work-branch.ts";
import { DisintoError } from "../errors.ts";
import type { Description } from "../ports/repositories.ts";
import { type CiChoice, withFile } from "./ci-choice.ts";
import { writeIfChanged } from "./generated-file.ts";

export interface ProjectDeclaration {
  readonly file: string;
  readonly text: string;
}

interface Decided {
  readonly ci: ChosenCi;
  /** The operator, where the forge's access does not say that they may be trusted. */
  readonly trusted?: string | undefined;
  /** What `[network] allow` shall say; without, what the repository's files speak for stands there to be taken. */
  readonly allow?: readonly string[] | undefined;
  /** What is made of a repository without a workflow. */
  readonly choice?: CiChoice | undefined;
}

export function declareProject(
  repo: RepoId,
  described: Description,
  { ci, choice, allow, trusted }: Decided,
): ProjectDeclaration {
  const { branch, branches, names } = described;
  const offer = choice === "write" ? offerWorkflow(described) : undefined;
  const required = listRequired(ci.provider, offer ? withFile(described, offer) : described);
  return {
    file: `projects/${toProjectName(repo.name)}.toml`,
    text: formatProject({
      repo: formatRepo(repo),
      branch,
      required,
      whenAbsent: choice === "write" ? undefined : choice,
      prefix: choosePrefix(branches),
      trusted,
      ci,
      network: formatNetwork(offerPresets(names), allow),
    }),
  };
}

/** The whole file or none. */
export async function writeDeclaration(
  folder: string,
  { file, text }: ProjectDeclaration,
): Promise<void> {
  await mkdir(path.join(folder, "projects"), { recursive: true });
  await withLock({ folder, name: file, waitMs: 30_000 }, async () => {
    const place = path.join(folder, file);
    if (await stat(place).catch(() => undefined)) {
      throw new DisintoError("usage.invalid", `${file} declares another repository`, {
        hint: "rename that file, or declare the repository there",
      });
    }
    await replaceFile(place, text, 0o644);
  });
}

/** Writes the schema for editors, so that what they say of a project's file is what this version reads. */
export async function writeProjectSchema(folder: string): Promise<void> {
  await writeIfChanged(folder, schemaFile, formatProjectSchema());
}

interface ProjectText {
  readonly repo: string;
  readonly branch: string;
  readonly required: readonly string[];
  /** Written where the operator has decided it. */
  readonly whenAbsent: "block" | "pass" | undefined;
  readonly prefix: string | undefined;
  readonly trusted: string | undefined;
  readonly ci: ChosenCi;
  readonly network: readonly string[];
}

/** Nothing is allowed that the operator has not allowed: the line stands there to be taken. */
function formatNetwork(
  presets: readonly OfferedPreset[],
  allow: readonly string[] | undefined,
): readonly string[] {
  if (allow) return ["", "[network]", `allow = ${JSON.stringify(allow)}`];
  if (presets.length === 0) return [];
  const files = presets.map(({ file }) => file).join(", ");
  return [
    "",
    "[network]",
    `# Sessions and runs of the CI reach no registry. For ${files}, take out the # of the next line:`,
    `# allow = ${JSON.stringify(presets.map(({ preset }) => preset))}`,
  ];
}

/** JSON strings are TOML strings too. */
function formatProject(project: ProjectText): string {
  const { repo, branch, required, whenAbsent, prefix, trusted, ci, network } = project;
  const { provider, login } = ci;
  return [
    `#:schema ../${schemaFile}`,
    `repo = ${JSON.stringify(repo)}`,
    `primary_branch = ${JSON.stringify(branch)}`,
    ...(prefix === undefined
      ? []
      : [
          "# A branch of the repository is where fix/issue-N would have to be.",
          `branch_prefix = ${JSON.stringify(prefix)}`,
        ]),
    ...(trusted === undefined
      ? []
      : [
          "# Issues of the operator, who has no access of their own to this repository, wait for nobody.",
          `trusted_authors = ${JSON.stringify([trusted])}`,
        ]),
    "",
    "[ci]",
    ...(provider === DEFAULT_CI ? [] : [`provider = ${JSON.stringify(provider)}`]),
    `required = ${JSON.stringify(required)}`,
    ...(whenAbsent === undefined ? [] : [`when_absent = ${JSON.stringify(whenAbsent)}`]),
    ...(login === undefined ? [] : [`login = ${JSON.stringify(login)}`]),
    ...network,
    "",
  ].join("\n");
}
