/** One file more on a branch, by a commit in a repository of ours; nothing is checked out. */
import path from "node:path";
import type { AddedFile } from "../../ports/repositories.ts";
import { runOrThrow } from "../process.ts";
import { git } from "./commands.ts";
import { localGitEnvironment } from "./environment.ts";

const who = { name: "disinto", email: "disinto@bots.invalid" };

export async function addFile(bare: string, added: AddedFile): Promise<void> {
  const ref = `refs/heads/${added.branch}`;
  const env = localGitEnvironment({
    GIT_INDEX_FILE: path.join(bare, "index-of-added-file"),
    GIT_AUTHOR_NAME: who.name,
    GIT_AUTHOR_EMAIL: who.email,
    GIT_COMMITTER_NAME: who.name,
    GIT_COMMITTER_EMAIL: who.email,
  });
  const here = { cwd: bare, env };
  const ask = async (argv: readonly [string, ...string[]], input?: string): Promise<string> =>
    (await runOrThrow(argv, { ...here, ...(input !== undefined && { input }) })).trim();
  const blob = await ask(["git", "hash-object", "-w", "--no-filters", "--stdin"], added.text);
  await ask(["git", "read-tree", ref]);
  await ask(["git", "update-index", "--add", "--cacheinfo", `100644,${blob},${added.path}`]);
  const tree = await ask(["git", "write-tree"]);
  const head = await ask(["git", "rev-parse", "--verify", `${ref}^{commit}`]);
  const commit = await ask(git.commitTree(tree, [head]), `${added.message}\n`);
  await ask(["git", "update-ref", ref, commit, head]);
}
