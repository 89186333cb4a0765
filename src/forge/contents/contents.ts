/** Files at a commit, and commits that change files, without a work tree. */

import { type ForgeContext, gitOf } from "../forge.ts";
import { type Commit, readCommits } from "../git/commits.ts";
import type { GitRepository } from "../git/repository.ts";
import { notFound } from "../http/api-error.ts";
import { repositoryApiUrl, repositoryUrl } from "../http/shapes.ts";
import type { RepositoryRow } from "../store/rows.ts";

export interface TreeEntry {
  readonly mode: string;
  readonly sha: string;
  readonly size: number;
  readonly path: string;
}

/** services/repository/files CleanUploadFileName: a clean relative path, never into `.git`; undefined if it is none. */
export function cleanPath(text: string): string | undefined {
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  const bad = parts.some((part) => part === ".." || part.toLowerCase() === ".git");
  return bad || text.includes("\0") ? undefined : parts.join("/");
}

function parseEntries(text: string): TreeEntry[] {
  return text.split("\0").flatMap((line) => {
    const [, mode, sha, size, path] = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(line) ?? [];
    if (mode === undefined || sha === undefined || path === undefined) return [];
    return [{ mode, sha, size: Number(size) || 0, path }];
  });
}

async function listTree(git: GitRepository, args: readonly string[]): Promise<TreeEntry[]> {
  return parseEntries(await git.read(["ls-tree", "-z", "--long", ...args]));
}

export async function findEntry(
  git: GitRepository,
  commit: string,
  path: string,
): Promise<TreeEntry | undefined> {
  const entries = await listTree(git, [commit, "--", path]);
  return entries.find((entry) => entry.path === path);
}

export async function entriesBelow(
  git: GitRepository,
  commit: string,
  path: string,
): Promise<TreeEntry[]> {
  const entries = await listTree(git, [path === "" ? commit : `${commit}:${path}`]);
  return entries.map((entry) => ({
    ...entry,
    path: path === "" ? entry.path : `${path}/${entry.path}`,
  }));
}

const kinds: Readonly<Record<string, string>> = {
  "040000": "dir",
  "120000": "symlink",
  "160000": "submodule",
};

export function kindOf({ mode }: TreeEntry): string {
  return kinds[mode] ?? "file";
}

interface Revision {
  readonly commit: string;
  /** The ref as it was asked for: a branch, a tag or a sha. */
  readonly ref: string;
}

/** structs.ContentsResponse; the text itself only where one file was asked for. */
export async function contentShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  { entry, place, whole }: { entry: TreeEntry; place: Revision; whole: boolean },
) {
  const git = gitOf(forge, repository);
  const kind = kindOf(entry);
  const blob = kind === "file" && whole ? await readBlob(git, entry.sha) : undefined;
  const target = kind === "symlink" ? (await readBlob(git, entry.sha)).toString("utf8") : null;
  const last = await lastCommit(git, place.commit, entry.path);
  const links = linksOf(forge, repository, { entry, ref: place.ref });
  return {
    name: entry.path.split("/").at(-1) ?? "",
    path: entry.path,
    sha: entry.sha,
    last_commit_sha: last.sha,
    last_commit_when: last.committer.date,
    type: kind,
    size: entry.size,
    encoding: blob ? "base64" : null,
    content: blob ? blob.toString("base64") : null,
    target,
    ...links,
    submodule_git_url: null,
    _links: { self: links.url, git: links.git_url, html: links.html_url },
  };
}

function linksOf(
  forge: ForgeContext,
  repository: RepositoryRow,
  { entry, ref }: { entry: TreeEntry; ref: string },
) {
  const [api, page] = [repositoryApiUrl(forge, repository), repositoryUrl(forge, repository)];
  const path = escapePath(entry.path);
  const where = `${/^[0-9a-f]{40}$/.test(ref) ? "commit" : "branch"}/${escapePath(ref)}/${path}`;
  const kind = kindOf(entry);
  return {
    url: `${api}/contents/${path}?ref=${encodeURIComponent(ref)}`,
    html_url: kind === "submodule" ? null : `${page}/src/${where}`,
    git_url: kind === "submodule" ? null : `${api}/git/blobs/${entry.sha}`,
    download_url: kind === "file" || kind === "symlink" ? `${page}/raw/${where}` : null,
  };
}

function escapePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

async function readBlob(git: GitRepository, sha: string): Promise<Buffer> {
  return await git.readBytes(["cat-file", "blob", sha]);
}

async function lastCommit(git: GitRepository, commit: string, path: string): Promise<Commit> {
  const [last] = await readCommits(git, ["--max-count=1", commit], [path]);
  if (!last) throw notFound();
  return last;
}
