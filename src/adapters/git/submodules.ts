/** What `.gitmodules` of a commit names, read as data: nothing of it is run or followed here. */
import { createHash } from "node:crypto";
import { locateSubmodule, type Submodule } from "../../core/submodules.ts";
import type { FetchedSubmodule, Submodules } from "../../ports/git.ts";
import type { RemoteAccess } from "../../ports/remote-access.ts";
import { run } from "../process.ts";
import { git } from "./commands.ts";
import {
  localGitEnvironment,
  remoteGitOptions,
  strangerGitOptions,
  WHOLE_REPOSITORY_S,
} from "./environment.ts";

const MAX = 50;
const MAX_DEPTH = 3;

interface SubmodulesOptions {
  /** The bare mirror that their objects come into. */
  readonly folder: string;
  /** The project's address on the forge. */
  readonly url: string;
  readonly access: RemoteAccess;
  /** The forge's address as people know it, where that is another one. */
  readonly announced?: string | undefined;
  readonly signal?: AbortSignal;
}

interface Level {
  readonly sha: string;
  /** Whose `.gitmodules` it is. */
  readonly repository: string;
  readonly below: string;
  readonly depth: number;
}

export function buildSubmodules(options: SubmodulesOptions): Submodules {
  const fetchLevel = async (level: Level): Promise<FetchedSubmodule[]> => {
    const all: FetchedSubmodule[] = [];
    for (const one of await listSubmodules(options.folder, level.sha)) {
      const path = `${level.below}${one.path}`;
      const { refused, url } = await fetchOne(options, one, level.repository);
      all.push({ path, sha: one.sha, ...(refused !== undefined && { refused }) });
      if (url === undefined || level.depth >= MAX_DEPTH) continue;
      const next = { sha: one.sha, repository: url, below: `${path}/`, depth: level.depth + 1 };
      all.push(...(await fetchLevel(next)));
    }
    return all;
  };
  return { fetch: (sha) => fetchLevel({ sha, repository: options.url, below: "", depth: 1 }) };
}

/** Answers where it came from, or why it did not come. */
async function fetchOne(
  { folder, access, announced, signal }: SubmodulesOptions,
  one: Submodule,
  repository: string,
): Promise<{ readonly url?: string; readonly refused?: string }> {
  const forge = [access.forgeUrl, ...(announced === undefined ? [] : [announced])];
  const at = locateSubmodule(one, { repository, forge });
  if ("refused" in at) return at;
  const remote = at.isForge
    ? remoteGitOptions(access, WHOLE_REPOSITORY_S)
    : strangerGitOptions(at.url);
  const refused = await fetchCommit(one.sha, at.url, {
    ...remote,
    cwd: folder,
    ...(signal && { signal }),
  });
  return refused === undefined ? { url: at.url } : { refused };
}

/** Kept by a ref of its own. Answers why it could not be had. */
async function fetchCommit(
  sha: string,
  url: string,
  remote: NonNullable<Parameters<typeof run>[1]>,
): Promise<string | undefined> {
  const here = { cwd: remote.cwd ?? ".", env: localGitEnvironment() };
  const isHere = async (): Promise<boolean> =>
    (await run(["git", "cat-file", "-e", `${sha}^{commit}`], here)).exitCode === 0;
  if (await isHere()) return undefined;
  const name = createHash("sha256").update(url).digest("hex").slice(0, 16);
  // Some servers give a commit by its name alone; the others, all branches.
  const asked = [
    [`${sha}:refs/submodules/${name}/${sha}`],
    [`+refs/heads/*:refs/submodules/${name}/heads/*`],
  ];
  let words = "";
  for (const refspecs of asked) {
    const { exitCode, stderr } = await run(git.fetch(url, refspecs), remote);
    if (await isHere()) return undefined;
    words = exitCode === 0 ? `${url} has no commit ${sha.slice(0, 10)} on a branch` : stderr;
  }
  return words.trim().split("\n").slice(-1).join().slice(0, 300);
}

/** Those that the commit really has, by their paths. */
export async function listSubmodules(bare: string, sha: string): Promise<readonly Submodule[]> {
  const here = { cwd: bare, env: localGitEnvironment() };
  const keys = "^submodule\\..*\\.(path|url)$";
  const argv = [
    "git",
    "config",
    "-z",
    "--blob",
    `${sha}:.gitmodules`,
    "--get-regexp",
    keys,
  ] as const;
  const { exitCode, stdout } = await run(argv, here);
  if (exitCode !== 0) return [];
  const named = readNamed(stdout).slice(0, MAX);
  const found: Submodule[] = [];
  for (const { path, url } of named) {
    const entry = await run(["git", "ls-tree", "-z", sha, "--", `:(top,literal)${path}`], here);
    const pinned = /^160000 commit ([0-9a-f]{40})\t/.exec(entry.stdout)?.[1];
    if (pinned !== undefined) found.push({ path, url, sha: pinned });
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** `submodule.<name>.path LF value NUL`, again and again. */
function readNamed(text: string): readonly { readonly path: string; readonly url: string }[] {
  const byName = new Map<string, { path?: string; url?: string }>();
  for (const line of text.split("\0")) {
    const [, name, key, value] = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(line) ?? [];
    if (name === undefined || key === undefined) continue;
    byName.set(name, { ...byName.get(name), [key]: value });
  }
  return [...byName.values()].flatMap(({ path, url }) =>
    path !== undefined && url !== undefined && isInside(path) ? [{ path, url }] : [],
  );
}

function isInside(path: string): boolean {
  return path !== "" && path.split("/").every((part) => !/^(?:|\.|\.\.|\.git)$/i.test(part));
}
