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
import type { ProjectFile } from "../settings/project.ts";
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

/** A table's header and a key's line; the schema knows both names. */
const table = (name: keyof ProjectFile): string => `[${name}]`;
const keyOf = {
  project: (key: keyof ProjectFile, value: unknown) => `${key} = ${JSON.stringify(value)}`,
  ci: (key: keyof ProjectFile["ci"], value: unknown) => `${key} = ${JSON.stringify(value)}`,
  network: (key: keyof ProjectFile["network"], value: unknown) =>
    `${key} = ${JSON.stringify(value)}`,
};

/** Nothing is allowed that the operator has not allowed: the line stands there to be taken. */
function formatNetwork(
  presets: readonly OfferedPreset[],
  allow: readonly string[] | undefined,
): readonly string[] {
  const heading = ["", table("network")];
  if (allow) return [...heading, keyOf.network("allow", allow)];
  if (presets.length === 0) return [];
  const files = presets.map(({ file }) => file).join(", ");
  const names = presets.map(({ preset }) => preset);
  return [
    ...heading,
    `# Sessions and runs of the CI reach no registry. For ${files}, take out the # of the next line:`,
    `# ${keyOf.network("allow", names)}`,
  ];
}

/** JSON strings are TOML strings too. */
function formatProject(project: ProjectText): string {
  const { repo, branch, required, whenAbsent, prefix, trusted, ci, network } = project;
  const { provider, login } = ci;
  const where = (holds: boolean, ...lines: readonly string[]) => (holds ? lines : []);
  return [
    `#:schema ../${schemaFile}`,
    keyOf.project("repo", repo),
    keyOf.project("primary_branch", branch),
    ...where(
      prefix !== undefined,
      "# A branch of the repository is where fix/issue-N would have to be.",
      keyOf.project("branch_prefix", prefix),
    ),
    ...where(
      trusted !== undefined,
      "# Issues of the operator, who has no access of their own to this repository, wait for nobody.",
      keyOf.project("trusted_authors", [trusted]),
    ),
    "",
    table("ci"),
    ...where(provider !== DEFAULT_CI, keyOf.ci("provider", provider)),
    keyOf.ci("required", required),
    ...where(whenAbsent !== undefined, keyOf.ci("when_absent", whenAbsent)),
    ...where(login !== undefined, keyOf.ci("login", login)),
    ...network,
    "",
  ].join("\n");
}
