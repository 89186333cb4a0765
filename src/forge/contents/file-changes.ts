/** A commit that writes or deletes one file on a branch, made with an index of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filePatterns, matchesFile } from "../../core/glob.ts";
import { mayPush, protectionOf } from "../branches/protections.ts";
import { type ForgeContext, gitOf } from "../forge.ts";
import { markNonEmpty } from "../git/push.ts";
import {
  emptyTree,
  type GitRepository,
  type Identity,
  isBranchName,
  noCommit,
} from "../git/repository.ts";
import { ApiError, invalid, notFound } from "../http/api-error.ts";
import { authorEnvironment, commitTree } from "../pulls/merge.ts";
import { refreshPulls } from "../pulls/pulls.ts";
import type { AccessLevel } from "../repositories/permission.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";
import { findEntry } from "./contents.ts";

export interface FileChange {
  readonly operation: "create" | "update" | "delete";
  readonly path: string;
  readonly content: Buffer;
  /** The blob that is replaced or deleted. */
  readonly sha: string;
  readonly fromPath: string;
  readonly branch: string;
  readonly newBranch: string;
  readonly message: string;
  readonly author: Identity;
  readonly committer: Identity;
}

interface Actor {
  readonly user: UserRow;
  readonly access: AccessLevel;
}

/** Answers the new commit; callers hold the repository's queue. */
export async function commitFile(
  forge: ForgeContext,
  repository: RepositoryRow,
  { change, person }: { change: FileChange; person: Actor },
): Promise<string> {
  const target = change.newBranch || change.branch;
  mustBeAllowed(forge, repository, { change, person, target });
  const git = gitOf(forge, repository);
  const parent = await git.branch(change.branch);
  if (parent === undefined && !repository.empty) throw noBranch(change.branch);
  await checkTarget(git, { change, target });
  await checkFile(git, { change, parent });
  const tree = await writeTree(git, { change, parent });
  const commit = await commitTree(git, {
    tree,
    parents: parent === undefined ? [] : [parent],
    message: change.message,
    env: authorEnvironment(change.author, change.committer),
  });
  const from = target === change.branch ? (parent ?? noCommit) : noCommit;
  if (!(await git.compareAndSwap(`refs/heads/${target}`, { from, to: commit }))) {
    throw new ApiError(409, "the branch moved meanwhile");
  }
  if (repository.empty) await markNonEmpty(forge, repository);
  await refreshPulls(forge, repository, { doer: person.user });
  return commit;
}

function noBranch(name: string): ApiError {
  return new ApiError(404, `branch does not exist [name: ${name}]`);
}

/** routers/api/v1/api.go reqRepoBranchWriter, and the protected files of the branch. */
function mustBeAllowed(
  forge: ForgeContext,
  repository: RepositoryRow,
  { change, person, target }: { change: FileChange; person: Actor; target: string },
): void {
  const protection = protectionOf(forge.db, repository, target);
  if (!mayPush(protection, person)) {
    throw new ApiError(403, "user should have a permission to write to this branch");
  }
  const patterns = filePatterns(protection?.protected_file_patterns ?? "");
  if (matchesFile(patterns, change.path)) {
    throw new ApiError(403, `file path is protected [path: ${change.path}]`);
  }
}

async function checkTarget(
  git: GitRepository,
  { change, target }: { change: FileChange; target: string },
): Promise<void> {
  if (!isBranchName(target)) throw invalid("[NewBranchName]: GitRefName");
  if (target !== change.branch && (await git.branch(target)) !== undefined) {
    throw invalid(`branch already exists [name: ${target}]`);
  }
}

/** The codes of handleCreateOrUpdateFileError and DeleteFile: a delete answers 400 where others answer 422. */
async function checkFile(
  git: GitRepository,
  { change, parent }: { change: FileChange; parent: string | undefined },
): Promise<void> {
  const path = change.fromPath || change.path;
  const entry = parent === undefined ? undefined : await findEntry(git, parent, path);
  if (change.operation === "create") {
    if (entry) throw invalid(`repository file already exists [path: ${path}]`);
    return;
  }
  if (!entry) {
    throw notFound(`repository file does not exist [path: ${path}]`);
  }
  if (entry.sha === change.sha) return;
  throw new ApiError(
    change.operation === "delete" ? 400 : 422,
    `sha does not match [given: ${change.sha}, expected: ${entry.sha}]`,
  );
}

async function writeTree(
  git: GitRepository,
  { change, parent }: { change: FileChange; parent: string | undefined },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "disinto-index-"));
  const env = { GIT_INDEX_FILE: join(folder, "index") };
  try {
    await git.read(["read-tree", parent ?? emptyTree], { env });
    const removed = removals(change).map((path) => `0 ${noCommit}\t${path}\0`);
    const added = change.operation === "delete" ? [] : [await addition(git, change)];
    const input = [...removed, ...added].join("");
    const { exitCode } = await git.attempt(["update-index", "-z", "--index-info"], { env, input });
    if (exitCode !== 0) throw invalid(`path is invalid [path: ${change.path}]`);
    return (await git.read(["write-tree"], { env })).trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function removals({ operation, path, fromPath }: FileChange): string[] {
  if (operation === "delete") return [path];
  return fromPath !== "" && fromPath !== path ? [fromPath] : [];
}

async function addition(git: GitRepository, { content, path }: FileChange): Promise<string> {
  const blob = await git.read(["hash-object", "-w", "--stdin"], { input: content });
  return `100644 ${blob.trim()}\t${path}\0`;
}
