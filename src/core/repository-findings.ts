/** What is better known of a project's repository before a session is paid for. Pure. */
import { isAllowed } from "./egress-lists.ts";
import type { Project } from "./factory.ts";
import { formatNames } from "./git-names.ts";
import { locateSubmodule, type Submodule } from "./submodules.ts";
import { deriveBranch, findCommonObstacles } from "./work-branch.ts";

export interface RepositoryNote {
  /** `bad`: no issue of the project could be worked on. */
  readonly verdict: "bad" | "note";
  readonly message: string;
  readonly hint: string;
}

interface RepositoryContents {
  /** The primary branch. */
  readonly branch: string;
  /** Full names of branches and tags. */
  readonly branches: readonly string[];
  readonly lfs: readonly string[];
  readonly submodules: readonly Submodule[];
}

interface ProjectContext {
  readonly name: string;
  readonly branchPrefix?: string | undefined;
  /** Hosts that the project's containers may reach, presets resolved. */
  readonly allow: readonly string[];
  /** The repository's address on the forge. */
  readonly url: string;
  readonly forge: readonly string[];
}

/** What nobody has brought to the forge yet, or what went with its volumes. */
export function judgePrimaryBranch(
  { name, primaryBranch }: Pick<Project, "name" | "primaryBranch">,
  branches: readonly string[],
): RepositoryNote | undefined {
  if (branches.includes(`refs/heads/${primaryBranch}`)) return undefined;
  const isEmpty = branches.length === 0;
  return {
    verdict: "bad",
    message: `${name}: its repository on the forge ${isEmpty ? "is empty" : `has no branch ${primaryBranch}`}`,
    hint: isEmpty
      ? "bring yours there: disinto init FOLDER"
      : `push ${primaryBranch}, or set primary_branch in projects/${name}.toml`,
  };
}

export function judgeRepository(
  project: ProjectContext,
  seen: RepositoryContents,
): readonly RepositoryNote[] {
  const submodules = seen.submodules.map((one) => judgeSubmodule(project, one));
  return [
    judgeBranches(project, seen),
    judgeSingle(project, seen),
    judgeTags(project, seen),
    judgeLfs(project, seen),
    ...submodules,
  ].filter((note) => note !== undefined);
}

function judgeBranches(
  project: ProjectContext,
  { branches }: RepositoryContents,
): RepositoryNote | undefined {
  const [obstacle] = findCommonObstacles(branches, project);
  if (obstacle === undefined) return undefined;
  return {
    verdict: "bad",
    message: `${project.name}: the branch ${obstacle} is where ${deriveBranch(project, 1)} would have to be`,
    hint: `rename that branch, or set branch_prefix in projects/${project.name}.toml`,
  };
}

/** The names of single issues' branches, which are folders of others' names. */
function judgeSingle(
  project: ProjectContext,
  { branches }: RepositoryContents,
): RepositoryNote | undefined {
  const prefix = `refs/heads/${deriveBranch(project, 1).slice(0, -1)}`;
  const found = branches.filter(
    (ref) => ref.startsWith(prefix) && /^\d+\//.test(ref.slice(prefix.length)),
  );
  if (found.length === 0) return undefined;
  const names = found.slice(0, 5).map((ref) => ref.slice("refs/heads/".length));
  return {
    verdict: "note",
    message: `${project.name}: ${formatNames(names)} stand where the branches of these issues would have to be`,
    hint: "rename them before a bot takes such an issue, which is blocked else",
  };
}

/** Git and CIs that are told a short name may take the tag for the branch. */
function judgeTags(
  project: ProjectContext,
  { branch, branches }: RepositoryContents,
): RepositoryNote | undefined {
  const tags = branches.flatMap((ref) => (ref.startsWith(TAGS) ? [ref.slice(TAGS.length)] : []));
  const prefix = deriveBranch(project, 1).slice(0, -1);
  const isWork = (tag: string): boolean =>
    tag.startsWith(prefix) && /^\d+$/.test(tag.slice(prefix.length));
  const found = tags.filter((tag) => tag === branch || isWork(tag));
  if (found.length === 0) return undefined;
  const names = found.slice(0, 5);
  const more = found.length > names.length ? ` and ${found.length - names.length} more` : "";
  return {
    verdict: "note",
    message: `${project.name}: a branch and a tag share a name (${formatNames(names)}${more}): what is told the short name may take one for the other`,
    hint: "rename the tag; disinto itself writes every name in full",
  };
}

const TAGS = "refs/tags/";

function judgeLfs(
  { name }: ProjectContext,
  { lfs }: RepositoryContents,
): RepositoryNote | undefined {
  if (lfs.length === 0) return undefined;
  return {
    verdict: "note",
    message: `${name} keeps files in Git LFS (${formatNames(lfs)}): bots see their pointers, and no change of such a file is taken`,
    hint: "leave issues about these files to people",
  };
}

function judgeSubmodule(project: ProjectContext, one: Submodule): RepositoryNote | undefined {
  const at = locateSubmodule(one, { repository: project.url, forge: project.forge });
  const why = "refused" in at ? at.refused : at.isForge ? undefined : judgeHost(project, at.url);
  if (why === undefined) return undefined;
  return toSubmoduleNote(project.name, one, why);
}

export function toSubmoduleNote(name: string, { path }: Submodule, why: string): RepositoryNote {
  return {
    verdict: "note",
    message: `${name}: the submodule ${formatNames([path])} is fetched neither for bots nor for the local CI: ${why}`,
    hint: `bring it to the forge, or name its host in [network] allow of projects/${name}.toml`,
  };
}

function judgeHost({ allow }: ProjectContext, url: string): string | undefined {
  const { hostname, port } = new URL(url);
  if (isAllowed(allow, hostname, Number(port || 443))) return undefined;
  return `${hostname} is neither the forge nor named in [network] allow`;
}
