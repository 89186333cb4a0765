/** What a killed server may have left: lock files, a merge that is in git but not in the database, moved heads. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ForgeContext, gitOf, repositoryPath } from "./forge.ts";
import { markNonEmpty } from "./git/push.ts";
import { closeByCommits } from "./issues/closing.ts";
import { finishMerge } from "./pulls/merge.ts";
import { getPull, openPulls, pullRef, refreshPulls } from "./pulls/pulls.ts";
import { allRepositories } from "./repositories/repositories.ts";
import type { RepositoryRow } from "./store/rows.ts";
import { getUser } from "./users/users.ts";

/** Runs before the first request is answered. */
export async function recover(forge: ForgeContext): Promise<void> {
  await rm(join(forge.folder, "temporary"), { recursive: true, force: true });
  for (const repository of allRepositories(forge.db)) {
    await removeLocks(repositoryPath(forge.folder, repository.id));
    if (repository.empty) await markNonEmpty(forge, repository);
    await finishMerges(forge, repository);
    await restorePullRefs(forge, repository);
    await refreshPulls(forge, repository);
    await closeByCommits(forge, repository, getUser(forge.db, repository.owner_id));
  }
}

const staleAfterMs = 3_000;

/**
 * A killed receive-pack leaves `<ref>.lock` for ever, and every later push of that ref would fail. One that outlived
 * the last server holds its locks for moments only, so a young lock gets the time to go by itself.
 */
async function removeLocks(path: string): Promise<void> {
  for (const file of await findLocks(path)) {
    while ((await ageOf(file)) < staleAfterMs) await sleep(100);
    await rm(file, { force: true });
  }
}

/** Finds locks of refs and of the files at the top; object files are written under other names and then moved. */
async function findLocks(path: string): Promise<string[]> {
  const top = await readdir(path, { withFileTypes: true }).catch(() => []);
  const below = { recursive: true, withFileTypes: true } as const;
  const refs = await readdir(join(path, "refs"), below).catch(() => []);
  return [...top, ...refs]
    .filter((entry) => entry.isFile() && entry.name.endsWith(".lock"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What is gone is old enough. */
async function ageOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found ? Date.now() - found.mtimeMs : Number.POSITIVE_INFINITY;
}

interface Intent {
  readonly id: number;
  readonly issue_id: number;
  readonly base: string;
  readonly merger_id: number;
  readonly commit_sha: string;
}

/** The base moved, but the rows were not written: written now. It did not move: forgotten. */
async function finishMerges(forge: ForgeContext, repository: RepositoryRow): Promise<void> {
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

async function restorePullRefs(forge: ForgeContext, repository: RepositoryRow): Promise<void> {
  const git = gitOf(forge, repository);
  const open = openPulls(forge.db, repository);
  const kept = await git.commits(open.map(({ issue }) => pullRef(issue.number)));
  const present = await git.commits(open.map(({ pull }) => pull.head_sha));
  for (const [at, { issue, pull }] of open.entries()) {
    if (kept[at] === pull.head_sha || present[at] === undefined) continue;
    await git.setRef(pullRef(issue.number), pull.head_sha);
  }
}
