/** Entries of a tree that a harness may not add: nested repositories, and links that lead where nobody looked. */
import path from "node:path";
import { runOrThrow } from "../process.ts";
import { localGitEnvironment } from "./environment.ts";

export interface Entry {
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldSha: string;
  readonly newSha: string;
  readonly path: string;
}

const LINK = "120000";
const REPOSITORY = "160000";

/** What differs between two trees, without renames. */
export async function readEntries(
  mirror: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly Entry[]> {
  const env = localGitEnvironment({ GIT_DIR: mirror });
  const raw = await runOrThrow(["git", "diff-tree", "-r", "-z", "--raw", from, to], { env });
  const parts = raw.split("\0");
  return Array.from({ length: Math.floor(parts.length / 2) }, (_, at) =>
    parseEntry(parts[2 * at] ?? "", parts[2 * at + 1] ?? ""),
  );
}

/** `:old new sha sha status`, and the path. */
function parseEntry(head: string, path: string): Entry {
  const [oldMode = "", newMode = "", oldSha = "", newSha = ""] = head.slice(1).split(" ");
  return { oldMode, newMode, oldSha, newSha, path };
}

/** The first of them, described. */
export async function findForeign(
  mirror: string,
  entries: readonly Entry[],
): Promise<string | undefined> {
  const moved = new Map(
    entries.flatMap(({ oldMode, newMode, oldSha, path }) =>
      oldMode === LINK && newMode !== LINK ? [[oldSha, path] as const] : [],
    ),
  );
  for (const entry of entries) {
    const { oldMode, newMode, newSha } = entry;
    const name = JSON.stringify(entry.path);
    if (newMode === REPOSITORY && oldMode !== REPOSITORY)
      return `it adds a nested repository: ${name}`;
    if (newMode !== LINK) continue;
    const before = oldMode === LINK ? entry.path : moved.get(newSha);
    if (before === undefined) return `it adds a symbolic link: ${name}`;
    if (await leadsElsewhere(mirror, entry, before))
      return `it makes a symbolic link lead out of the repository: ${name}`;
  }
  return undefined;
}

/** A link that led there before, from the same folder or by a whole path, leads nowhere new. */
async function leadsElsewhere(mirror: string, link: Entry, before: string): Promise<boolean> {
  const env = localGitEnvironment({ GIT_DIR: mirror });
  const target = await runOrThrow(["git", "cat-file", "blob", link.newSha], { env });
  const isSame = link.oldMode !== LINK;
  if (path.posix.isAbsolute(target)) return !isSame;
  if (isSame && path.posix.dirname(before) === path.posix.dirname(link.path)) return false;
  const place = path.posix.join(path.posix.dirname(link.path), target);
  return place === ".." || place.startsWith("../");
}
