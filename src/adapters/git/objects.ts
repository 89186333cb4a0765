/** Commits, trees and diffs in a bare repository of the runner's; nothing here talks to the forge. */
import { DisintoError, type ErrorCode } from "../../errors.ts";
import type { CommitRequest, Objects, TreeMerge } from "../../ports/git.ts";
import { type Argv, type Finished, type RunOptions, run } from "../process.ts";
import { git } from "./commands.ts";
import { localGitEnvironment } from "./environment.ts";
import { listLfsAttributes } from "./lfs.ts";
import { listSubmodules } from "./submodules.ts";

const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

export function buildObjects(folder: string): Objects {
  // What a branch says about its own files (.gitattributes) hides nothing from who reads a diff.
  const here = { env: localGitEnvironment({ GIT_ATTR_SOURCE: EMPTY_TREE }), cwd: folder };
  return {
    commit: (request) => commit(folder, request),
    note: async (message) => {
      const tree = (await runGit("mktree", git.makeEmptyTree(), { ...here, input: "" })).trim();
      const author = { name: "disinto", email: "disinto@bots.invalid" };
      return commit(folder, { tree, parents: [], message, author, at: "2000-01-01T00:00:00Z" });
    },
    readMessage: (sha) => runGit("log", git.readMessage(sha), here),
    treeOf: async (sha) => (await runGit("rev-parse", git.treeOf(sha), here)).trim(),
    newBytes: async (sha) => Number(await runGit("rev-list", git.newBytes(sha), here)),
    mergeTrees: async (ours, theirs) =>
      parseTreeMerge(await run(git.mergeTree(ours, theirs), here)),
    lfsAttributes: (sha) => listLfsAttributes(folder, sha),
    submodules: (sha) => listSubmodules(folder, sha),
    contains: async (descendant, ancestor) => {
      const { exitCode, stderr } = await run(git.isAncestor(ancestor, descendant), here);
      if (exitCode > 1) throw gitFailure("merge-base", stderr);
      return exitCode === 0;
    },
    diff: (from, to) => runGit("diff", git.diff(from, to), here),
    diffOf: async (file, { from, to }) => {
      const names = await findNames(file, { from, to }, here);
      return runGit("diff", git.diff(from, to, names.map(toPathspec)), here);
    },
    changedPaths: async (from, to) => {
      const listed = await runGit("diff", git.changedPaths(from, to), here);
      return listed.split("\0").filter((path) => path !== "");
    },
  };
}

interface Ends {
  readonly from: string;
  readonly to: string;
}

/** The names of one file on both ways from where the two ends parted: a merge names it as one of them calls it. */
async function findNames(name: string, { from, to }: Ends, here: RunOptions): Promise<string[]> {
  // What stood in the way of a folder is told as `name~sha`.
  const names = new Set([name, name.replace(/~[0-9a-f]{40}(?:_\d+)?$/, "")]);
  for (const argv of [git.renames(from, to), git.renames(to, from)]) {
    const parts = (await runGit("diff", argv, here)).split("\0");
    for (let at = 0; at + 2 < parts.length; at += 3) {
      const pair = [parts[at + 1] ?? "", parts[at + 2] ?? ""];
      if (pair.some((one) => names.has(one))) for (const one of pair) names.add(one);
    }
  }
  return [...names];
}

/** U+FFFD stands in a name for bytes that are not UTF-8: the pathspec takes any bytes there. */
function toPathspec(name: string): string {
  if (!name.includes("\uFFFD")) return `:(top,literal)${name}`;
  return `:(top,glob)${name.replace(/[*?[\]\\]/g, "\\$&").replace(/\uFFFD+/g, "*")}`;
}

async function commit(
  folder: string,
  { tree, parents, message, author, at }: CommitRequest,
): Promise<string> {
  const env = localGitEnvironment({
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: at,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
    GIT_COMMITTER_DATE: at,
  });
  return (
    await runGit("commit-tree", git.commitTree(tree, parents), { cwd: folder, env, input: message })
  ).trim();
}

export async function runGit(verb: string, argv: Argv, options: RunOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await run(argv, options);
  if (exitCode === 0) return stdout;
  throw gitFailure(verb, stderr);
}

/** The one place that reads git's words: they are all it says about why a remote or a disk did not do it. */
const causes: readonly (readonly [RegExp, ErrorCode])[] = [
  [/No space left on device|Disk quota exceeded/, "disk.full"],
  [/Authentication failed|could not read Username|returned error: 401/, "forge.unauthorized"],
  [/returned error: 403/, "forge.forbidden"],
  [/returned error: 404|repository '.*' not found/, "forge.not-found"],
  [/returned error: 429/, "forge.rate-limited"],
  [
    /returned error: 5\d\d|unable to access|RPC failed|unexpected disconnect|the remote end hung up|Operation too slow/,
    "forge.unavailable",
  ],
];

export function gitFailure(verb: string, stderr: string): DisintoError {
  const [, code = "git.failed"] = causes.find(([words]) => words.test(stderr)) ?? [];
  return new DisintoError(
    code,
    `git ${verb} failed: ${stderr.trim().split("\n").slice(-3).join("; ")}`,
  );
}

/** merge-tree answers 0 with the tree; 1 with a tree that holds conflict marks, then the files in conflict. */
function parseTreeMerge({ exitCode, stdout, stderr }: Finished): TreeMerge {
  const [tree = "", ...files] = stdout.split("\0").filter((part) => part !== "");
  if (exitCode === 0) return { type: "clean", tree };
  if (exitCode === 1) return { type: "conflicted", tree, files };
  throw gitFailure("merge-tree", stderr);
}
