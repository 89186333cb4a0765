/** Git's command lines as values; mirror.ts and work-folders.ts run them. */
import type { Swap } from "../../ports/git.ts";
import type { Argv } from "../process.ts";

const ABSENT = "";
const MAX_FETCH_MEMORY = 2_000_000_000;

const mirrored = ["+refs/heads/*:refs/heads/*", "+refs/disinto/*:refs/disinto/*"] as const;

export const git = {
  initBare: (folder: string): Argv => ["git", "init", "--quiet", "--bare", "--template=", folder],
  fetch: (url: string, refspecs: readonly string[] = mirrored): Argv => [
    // A small pack may hold objects without end: who unpacks it has no more memory than this.
    "prlimit",
    `--as=${MAX_FETCH_MEMORY}`,
    "git",
    "fetch",
    "--quiet",
    "--prune",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-gc",
    url,
    ...refspecs,
  ],
  check: (): Argv => ["git", "fsck", "--no-dangling", "--no-progress"],
  /** Three days: long enough for what only a journal still names. */
  compact: (): Argv => ["git", "gc", "--quiet", "--prune=3.days.ago"],
  forEachRef: (folder?: string): Argv => [
    "git",
    "for-each-ref",
    "--format=%(objectname) %(refname)",
    ...(folder === undefined ? [] : [folder]),
  ],
  lsRemote: (url: string, patterns: readonly string[]): Argv => [
    "git",
    "ls-remote",
    "--quiet",
    url,
    ...patterns,
  ],
  push: (url: string, swaps: readonly Swap[]): Argv => [
    "git",
    "push",
    "--porcelain",
    "--atomic",
    "--no-verify",
    ...swaps.map(({ ref, from }) => `--force-with-lease=${ref}:${from ?? ABSENT}`),
    url,
    ...swaps.map(({ ref, to }) => `${to ?? ABSENT}:${ref}`),
  ],
  commitTree: (tree: string, parents: readonly string[]): Argv => [
    "git",
    "commit-tree",
    tree,
    ...parents.flatMap((parent) => ["-p", parent]),
    "-F",
    "-",
  ],
  makeEmptyTree: (): Argv => ["git", "mktree"],
  authors: (from: string, to: string): Argv => [
    "git",
    "log",
    "--format=%ae",
    `${from}..${to}`,
    "--",
  ],
  readMessage: (sha: string): Argv => ["git", "log", "-1", "--format=%B", sha, "--"],
  listFiles: (sha: string, paths: readonly string[]): Argv => [
    "git",
    "ls-tree",
    "-r",
    "-z",
    sha,
    "--",
    ...paths,
  ],
  readFile: (blob: string): Argv => ["git", "cat-file", "blob", blob],
  isAncestor: (ancestor: string, descendant: string): Argv => [
    "git",
    "merge-base",
    "--is-ancestor",
    ancestor,
    descendant,
  ],
  diff: (from: string, to: string, pathspecs: readonly string[] = []): Argv => [
    "git",
    "-c",
    "core.quotePath=false",
    "diff",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    `${from}...${to}`,
    "--",
    ...pathspecs,
  ],
  /** `status NUL old NUL new NUL`, again and again. */
  renames: (from: string, to: string): Argv => [
    "git",
    "diff",
    "--name-status",
    "--find-renames",
    "--diff-filter=R",
    "-z",
    `${from}...${to}`,
    "--",
  ],
  changedPaths: (from: string, to: string): Argv => [
    "git",
    "diff",
    "--name-only",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "-z",
    from,
    to,
    "--",
  ],
  newBytes: (sha: string): Argv => [
    "git",
    "rev-list",
    "--disk-usage",
    "--objects",
    sha,
    "--not",
    "--all",
  ],
  treeOf: (sha: string): Argv => ["git", "rev-parse", "--verify", "--quiet", `${sha}^{tree}`],
  mergeTree: (ours: string, theirs: string): Argv => [
    "git",
    "merge-tree",
    "--write-tree",
    // A primary branch that was replaced by force may share nothing with the work.
    "--allow-unrelated-histories",
    "--no-messages",
    "--name-only",
    "-z",
    ours,
    theirs,
  ],
} as const;

/** Read-only settings for git over files that a harness wrote: nothing of theirs is run or followed. */
export const hardening = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.attributesFile=/dev/null",
  "core.excludesFile=/dev/null",
  "core.autocrlf=false",
  "core.safecrlf=false",
  "core.fileMode=true",
  "core.symlinks=true",
  "core.ignoreCase=false",
  "submodule.recurse=false",
  "diff.ignoreSubmodules=all",
].flatMap((setting) => ["-c", setting]);
