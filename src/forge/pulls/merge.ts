/** Merges a pull request: makes the commit, then moves the base by compare-and-swap, then writes the rows. */

import { type ForgeContext, gitOf } from "../forge.ts";
import { rebaseOnto } from "../git/rebase.ts";
import type { GitRepository, Identity } from "../git/repository.ts";
import { ApiError } from "../http/api-error.ts";
import { applyReferences, closeByCommits } from "../issues/closing.ts";
import { record } from "../issues/timeline.ts";
import { getRepository, type MergeStyle, settingsOf } from "../repositories/repositories.ts";
import { now } from "../store/database.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";
import { getUser } from "../users/users.ts";
import { checkMergeable, type Merger } from "./merge-check.ts";
import { getPull, isEmptyPull, type Pull, refreshedPull } from "./pulls.ts";

export interface MergeRequest {
  readonly style: MergeStyle;
  readonly headSha: string;
  readonly title: string;
  readonly message: string;
  readonly merger: Merger;
}

/** Callers hold the repository's queue; a push may still come between, so the base moves by compare-and-swap. */
export async function mergePull(
  forge: ForgeContext,
  repository: RepositoryRow,
  { issueId, request }: { issueId: number; request: MergeRequest },
): Promise<Pull> {
  const { pull } = await refreshedPull(forge, repository, issueId);
  await checkMergeable(forge, repository, { pull, merger: request.merger });
  if (!settingsOf(repository).mergeStyles.includes(request.style)) {
    throw new ApiError(405, `${request.style} is not an allowed merge style for this repository`);
  }
  if (request.headSha !== "" && request.headSha !== pull.pull.head_sha) {
    throw new ApiError(409, "head out of date");
  }
  const { git, base } = { git: gitOf(forge, repository), base: pull.pull.checked_base };
  const commit = await makeCommit(forge, git, { pull, request });
  const intent = forge.db.insert("merge_intents", {
    pull_id: pull.pull.id,
    merger_id: request.merger.user.id,
    commit_sha: commit,
  });
  const moved = await git.compareAndSwap(`refs/heads/${pull.pull.base}`, {
    from: base,
    to: commit,
  });
  if (!moved) {
    forge.db.run("DELETE FROM merge_intents WHERE id = ?", intent);
    throw new ApiError(409, "merge push out of date");
  }
  finishMerge(forge, repository, { pull, merger: request.merger.user, commit });
  await closeByCommits(forge, getRepository(forge.db, repository.id), request.merger.user);
  return getPull(forge.db, issueId);
}

/** The base has the commit; also called for a merge that a killed server left here. */
export function finishMerge(
  forge: ForgeContext,
  repository: RepositoryRow,
  { pull: { issue, pull }, merger, commit }: { pull: Pull; merger: UserRow; commit: string },
): void {
  const time = now();
  forge.db.transaction(() => {
    forge.db.run("DELETE FROM merge_intents WHERE pull_id = ?", pull.id);
    forge.db.update("pulls", pull.id, {
      merged: 1,
      merged_at: time,
      merger_id: merger.id,
      merge_commit: commit,
    });
    forge.db.update("issues", issue.id, { closed: 1, closed_at: time, updated: time });
    forge.db.update("repositories", repository.id, { updated: time });
    record(forge.db, { issue, doer: merger }, { type: "merge_pull" });
    const text = `${issue.title}\n${issue.body}`;
    applyReferences(forge.db, repository, { text, doer: merger });
  });
}

export function identityOf(user: UserRow): Identity {
  return { name: user.full_name || user.login, email: user.email };
}

export function authorEnvironment(author: Identity, committer = author): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
  };
}

interface MergeContext {
  readonly pull: Pull;
  readonly request: MergeRequest;
}

async function makeCommit(
  forge: ForgeContext,
  git: GitRepository,
  { pull, request }: MergeContext,
): Promise<string> {
  const { checked_base: base, head_sha: head } = pull.pull;
  switch (request.style) {
    case "fast-forward-only":
      return await fastForward(git, pull);
    case "merge":
      return await mergeCommit(git, { pull, request, parents: [base, head] });
    case "squash":
      return await squash(forge, git, { pull, request });
    case "rebase":
      return await rebased(forge, git, { pull, request });
    case "rebase-merge":
      return await mergeCommit(git, {
        pull,
        request,
        parents: [base, await rebased(forge, git, { pull, request })],
      });
  }
}

/** Forgejo answers a base that went another way with 500 here (no case for ErrMergeDivergingFastForwardOnly). */
async function fastForward(git: GitRepository, { pull }: Pull): Promise<string> {
  if (await git.isAncestor(pull.checked_base, pull.head_sha)) return pull.head_sha;
  if (isEmptyPull(pull)) return pull.checked_base;
  throw new ApiError(
    500,
    "Merge DivergingFastForwardOnly Error: exit status 128: fatal: Not possible to fast-forward, aborting.",
  );
}

async function mergeCommit(
  git: GitRepository,
  { pull, request, parents }: MergeContext & { parents: readonly [string, string] },
): Promise<string> {
  const tree = await mergedTree(git, parents);
  const title = `Merge pull request '${pull.issue.title}' (#${pull.issue.number}) from ${pull.pull.head} into ${pull.pull.base}`;
  const person = identityOf(request.merger.user);
  return await commitTree(git, {
    tree,
    parents,
    message: messageOf(request, title),
    env: authorEnvironment(person),
  });
}

/** The author of a squash is the pull request's (getAuthorSignatureSquash). */
async function squash(
  forge: ForgeContext,
  git: GitRepository,
  { pull, request }: MergeContext,
): Promise<string> {
  const { checked_base: base, head_sha: head } = pull.pull;
  const tree = await mergedTree(git, [base, head]);
  const author = identityOf(getUser(forge.db, pull.issue.poster_id));
  const committer = identityOf(request.merger.user);
  const name = `${author.name} <${author.email}>`;
  const trailers =
    author.email === committer.email ? "" : `\nCo-authored-by: ${name}\nCo-committed-by: ${name}\n`;
  const message = messageOf(request, `${pull.issue.title} (#${pull.issue.number})`) + trailers;
  const env = authorEnvironment(author, committer);
  return await commitTree(git, { tree, parents: [base], message, env });
}

function messageOf({ title, message }: MergeRequest, usual: string): string {
  const first = title.trim() || usual;
  return message.trim() === "" ? first : `${first}\n\n${message.trim()}`;
}

async function mergedTree(git: GitRepository, [base, head]: readonly [string, string]) {
  const { exitCode, stdout, stderr } = await git.attempt([
    "merge-tree",
    "--write-tree",
    base,
    head,
  ]);
  if (exitCode === 0) return stdout.trim();
  throw new ApiError(409, "merge conflict", {
    Style: "merge",
    StdOut: stdout,
    StdErr: stderr,
    Err: {},
  });
}

interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function commitTree(
  git: GitRepository,
  { tree, parents, message, env }: Commit,
): Promise<string> {
  const args = ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent])];
  return (await git.read(args, { input: `${message}\n`, env })).trim();
}

async function rebased(forge: ForgeContext, git: GitRepository, { pull, request }: MergeContext) {
  const result = await rebaseOnto(git, {
    folder: forge.folder,
    head: pull.pull.head_sha,
    onto: pull.pull.checked_base,
    committer: identityOf(request.merger.user),
  });
  if (result.type === "rebased") return result.sha;
  throw new ApiError(409, "rebase conflict", {
    Style: request.style,
    CommitSHA: result.commit,
    StdOut: "",
    StdErr: result.output,
    Err: {},
  });
}
