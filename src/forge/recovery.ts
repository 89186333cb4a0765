/** What a killed server may have left: lock files, a merge that is in git but not in the database, moved heads. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Forge, gitOf, repositoryPath } from "./forge.ts";
import { finishMerge } from "./merge.ts";
import { getPull, openPulls, pullRef, refreshPulls } from "./pulls.ts";
import { leaveEmptiness } from "./push.ts";
import { allRepositories } from "./repositories.ts";
import type { RepositoryRow } from "./rows.ts";
import { getUser } from "./users.ts";

/** Runs before the first request, when no git process of this forge can be alive. */
export async function recover(forge: Forge): Promise<void> {
  await rm(join(forge.folder, "temporary"), { recursive: true, force: true });
  for (const repository of allRepositories(forge.db)) {
    await removeLocks(repositoryPath(forge.folder, repository.id));
    if (repository.empty) await leaveEmptiness(forge, repository);
    await finishMerges(forge, repository);
    await restorePullRefs(forge, repository);
    await refreshPulls(forge, repository);
  }
}

/** A killed receive-pack leaves `<ref>.lock` for ever, and every later push of that ref would fail. */
async function removeLocks(path: string): Promise<void> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const locks = entries.filter(
    (entry) => entry.isFile() && entry.name.endsWith(".lock") && !inObjects(path, entry.parentPath),
  );
  await Promise.all(locks.map((entry) => rm(join(entry.parentPath, entry.name), { force: true })));
}

function inObjects(path: string, folder: string): boolean {
  return folder.startsWith(join(path, "objects"));
}

interface Intent {
  readonly id: number;
  readonly issue_id: number;
  readonly base: string;
  readonly merger_id: number;
  readonly commit_sha: string;
}

/** The base moved, but the rows were not written: written now. It did not move: forgotten. */
async function finishMerges(forge: Forge, repository: RepositoryRow): Promise<void> {
  const intents = forge.db.all<Intent>(
    `SELECT merge_intents.id, issue_id, base, merge_intents.merger_id, commit_sha
     FROM merge_intents JOIN pulls ON pulls.id = pull_id JOIN issues ON issues.id = issue_id
     WHERE repository_id = ?`,
    repository.id,
  );
  const git = gitOf(forge, repository);
  for (const { id, issue_id, base, merger_id, commit_sha } of intents) {
    const pull = getPull(forge.db, issue_id);
    const head = await git.branch(base);
    const merged = head !== undefined && (await git.isAncestor(commit_sha, head));
    if (merged && !pull.pull.merged) {
      const merger = getUser(forge.db, merger_id);
      finishMerge(forge, repository, { pull, merger, commit: commit_sha });
    }
    forge.db.run("DELETE FROM merge_intents WHERE id = ?", id);
  }
}

async function restorePullRefs(forge: Forge, repository: RepositoryRow): Promise<void> {
  const git = gitOf(forge, repository);
  for (const { issue, pull } of openPulls(forge.db, repository)) {
    if ((await git.commit(pullRef(issue.number))) === pull.head_sha) continue;
    if (await git.commit(pull.head_sha)) await git.setRef(pullRef(issue.number), pull.head_sha);
  }
}
