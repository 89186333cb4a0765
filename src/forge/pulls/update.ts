/** Brings a pull request's head up to date with its base, by a merge or a rebase (services/pull/update.go). */

import { mayMerge, mayPush, protectionOf } from "../branches/protections.ts";
import { type ForgeContext, gitOf } from "../forge.ts";
import { rebaseOnto } from "../git/rebase.ts";
import type { GitRepository } from "../git/repository.ts";
import { ApiError, bareRefusal, invalid } from "../http/api-error.ts";
import type { AccessLevel } from "../repositories/permission.ts";
import { settingsOf } from "../repositories/repositories.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";
import { authorEnvironment, commitTree, identityOf } from "./merge.ts";
import { type Pull, refreshedPull, refreshPulls } from "./pulls.ts";

export interface Update {
  readonly issueId: number;
  readonly style: "merge" | "rebase";
  readonly user: UserRow;
  readonly access: AccessLevel;
}

/** Callers hold the repository's queue. Already up to date is no error (as since Forgejo 8). */
export async function updatePull(
  forge: ForgeContext,
  repository: RepositoryRow,
  update: Update,
): Promise<void> {
  const { pull } = await refreshedPull(forge, repository, update.issueId);
  if (pull.pull.merged || pull.issue.closed) throw invalid("");
  mustBeAllowed(forge, repository, { pull, update });
  if (pull.pull.behind === 0) return;
  const git = gitOf(forge, repository);
  const head = await newHead(forge, git, { pull, update });
  const ref = `refs/heads/${pull.pull.head}`;
  if (!(await git.compareAndSwap(ref, { from: pull.pull.head_sha, to: head }))) {
    throw new ApiError(409, "head out of date");
  }
  await refreshPulls(forge, repository, { doer: update.user });
}

/** IsUserAllowedToUpdate: a protected head takes no rebase, and a merge only from who may push and merge there. */
function mustBeAllowed(
  forge: ForgeContext,
  repository: RepositoryRow,
  { pull, update }: { pull: Pull; update: Update },
): void {
  const protection = protectionOf(forge.db, repository, pull.pull.head);
  if (!mayPush(protection, update) || !mayMerge(protection, update)) throw bareRefusal(403);
  if (update.style === "merge") return;
  if (protection || !settingsOf(repository).allowRebaseUpdate) throw bareRefusal(403);
}

async function newHead(
  forge: ForgeContext,
  git: GitRepository,
  { pull: { pull }, update }: { pull: Pull; update: Update },
): Promise<string> {
  const committer = identityOf(update.user);
  if (update.style === "rebase") {
    const request = { folder: forge.folder, head: pull.head_sha, onto: pull.checked_base };
    const result = await rebaseOnto(git, { ...request, committer });
    if (result.type === "rebased") return result.sha;
    throw new ApiError(409, "rebase failed because of conflict");
  }
  const merged = await git.attempt([
    "merge-tree",
    "--write-tree",
    pull.head_sha,
    pull.checked_base,
  ]);
  if (merged.exitCode !== 0) throw new ApiError(409, "merge failed because of conflict");
  return await commitTree(git, {
    tree: merged.stdout.trim(),
    parents: [pull.head_sha, pull.checked_base],
    message: `Merge branch '${pull.base}' into ${pull.head}`,
    env: authorEnvironment(committer),
  });
}
