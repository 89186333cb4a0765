/** What is better known of a project's repository before a session is paid for. Pure. */
import { isAllowed } from "./egress-lists.ts";
import { formatNames } from "./git-names.ts";
import { locateSubmodule, type Submodule } from "./submodules.ts";
import { deriveBranch, findCommonObstacles } from "./work-branch.ts";

export interface RepositoryNote {
  /** `bad`: no issue of the project could be worked on. */
  readonly verdict: "bad" | "note";
  readonly message: string;
  readonly hint: string;
}

interface Seen {
  readonly branches: readonly string[];
  readonly lfs: readonly string[];
  readonly submodules: readonly Submodule[];
}

interface Place {
  readonly name: string;
  readonly branchPrefix?: string | undefined;
  /** Hosts that the project's containers may reach, presets resolved. */
  readonly allow: readonly string[];
  /** The repository's address on the forge. */
  readonly url: string;
  readonly forge: readonly string[];
}

export function judgeRepository(place: Place, seen: Seen): readonly RepositoryNote[] {
  const submodules = seen.submodules.map((one) => judgeSubmodule(place, one));
  return [judgeBranches(place, seen), judgeLfs(place, seen), ...submodules].filter(
    (note) => note !== undefined,
  );
}

function judgeBranches(place: Place, { branches }: Seen): RepositoryNote | undefined {
  const [obstacle] = findCommonObstacles(branches, place);
  if (obstacle === undefined) return undefined;
  return {
    verdict: "bad",
    message: `${place.name}: the branch ${obstacle} is where ${deriveBranch(place, 1)} would have to be`,
    hint: `rename that branch, or set branch_prefix in projects/${place.name}.toml`,
  };
}

function judgeLfs({ name }: Place, { lfs }: Seen): RepositoryNote | undefined {
  if (lfs.length === 0) return undefined;
  return {
    verdict: "note",
    message: `${name} keeps files in Git LFS (${formatNames(lfs)}): bots see their pointers, and no change of such a file is taken`,
    hint: "leave issues about these files to people",
  };
}

function judgeSubmodule(place: Place, one: Submodule): RepositoryNote | undefined {
  const at = locateSubmodule(one, { repository: place.url, forge: place.forge });
  const why = "refused" in at ? at.refused : at.isForge ? undefined : judgeHost(place, at.url);
  if (why === undefined) return undefined;
  return toSubmoduleNote(place.name, one, why);
}

export function toSubmoduleNote(name: string, { path }: Submodule, why: string): RepositoryNote {
  return {
    verdict: "note",
    message: `${name}: the submodule ${formatNames([path])} is fetched neither for bots nor for the local CI: ${why}`,
    hint: `bring it to the forge, or name its host in [network] allow of projects/${name}.toml`,
  };
}

function judgeHost({ allow }: Place, url: string): string | undefined {
  const { hostname, port } = new URL(url);
  if (isAllowed(allow, hostname, Number(port || 443))) return undefined;
  return `${hostname} is neither the forge nor named in [network] allow`;
}
