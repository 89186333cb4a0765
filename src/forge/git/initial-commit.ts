/** The first commit of a repository that was asked for with `auto_init`: a README and nothing else. */
import { type ForgeContext, gitOf } from "../forge.ts";
import { authorEnvironment, commitTree, identityOf } from "../pulls/merge.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";

export async function initializeRepository(
  forge: ForgeContext,
  repository: RepositoryRow,
  owner: UserRow,
): Promise<void> {
  const git = gitOf(forge, repository);
  const readme = `# ${repository.name}\n\n${repository.description}`;
  const blob = (await git.read(["hash-object", "-w", "--stdin"], { input: readme })).trim();
  const tree = await git.read(["mktree"], { input: `100644 blob ${blob}\tREADME.md\n` });
  const commit = await commitTree(git, {
    tree: tree.trim(),
    parents: [],
    message: "Initial commit",
    env: authorEnvironment(identityOf(owner)),
  });
  await git.setRef(`refs/heads/${repository.default_branch}`, commit);
  forge.db.update("repositories", repository.id, { empty: 0 });
}
