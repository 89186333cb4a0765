/** What a push causes after git has taken it: the first branch becomes the default, pull requests follow their heads. */

import { type ForgeContext, gitOf } from "../forge.ts";
import { closeByCommits } from "../issues/closing.ts";
import { refreshPulls } from "../pulls/pulls.ts";

import { getRepository, touchRepository } from "../repositories/repositories.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";
import { forgetPushers } from "./pushers.ts";

export async function afterPush(
  forge: ForgeContext,
  { repositoryId, doer }: { repositoryId: number; doer: UserRow },
): Promise<void> {
  await forge.queue.run(repositoryId, async () => {
    const known = forge.db.get("SELECT 1 FROM repositories WHERE id = ?", repositoryId);
    if (!known) return;
    const repository = getRepository(forge.db, repositoryId);
    if (repository.empty) await markNonEmpty(forge, repository);
    touchRepository(forge.db, repository);
    await refreshPulls(forge, repository, { doer });
    await forgetPushers(gitOf(forge, repository).path);
    await closeByCommits(forge, getRepository(forge.db, repositoryId), doer);
  });
}

/** routers/private/hook_post_receive.go and services/repository/push.go: main or master first, else the first pushed. */
export async function markNonEmpty(forge: ForgeContext, repository: RepositoryRow): Promise<void> {
  const git = gitOf(forge, repository);
  const names = [...(await git.branches()).keys()];
  const first = names.find((name) => name === "main" || name === "master") ?? names[0];
  if (first === undefined) return;
  await git.read(["symbolic-ref", "HEAD", `refs/heads/${first}`]);
  forge.db.update("repositories", repository.id, { empty: 0, default_branch: first });
}
