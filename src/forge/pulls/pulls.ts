/** Pull requests: the rows, and what git says about head and base, kept in the row until one of them moves. */

import { protectionOf } from "../branches/protections.ts";
import { type ForgeContext, gitOf } from "../forge.ts";
import { findPusher } from "../git/pushers.ts";
import type { GitRepository } from "../git/repository.ts";
import { findIssue, getIssue, touchIssue } from "../issues/issues.ts";
import { record, type TimelineSubject } from "../issues/timeline.ts";
import { bit, type Database, now } from "../store/database.ts";
import type { IssueRow, PullRow, RepositoryRow, UserRow } from "../store/rows.ts";
import { findUser, getUser } from "../users/users.ts";

export interface Pull {
  readonly issue: IssueRow;
  readonly pull: PullRow;
}

export function pullRef(number: number): string {
  return `refs/pull/${number}/head`;
}

export function findPull(db: Database, repository: RepositoryRow, number: number) {
  const issue = findIssue(db, repository, number);
  return issue?.is_pull ? getPull(db, issue.id) : undefined;
}

export function getPull(db: Database, issueId: number): Pull {
  const pull = db.get<PullRow>("SELECT * FROM pulls WHERE issue_id = ?", issueId);
  if (!pull) throw new Error(`issue ${issueId} is no pull request`);
  return { issue: getIssue(db, issueId), pull };
}

/** Unmerged and open, oldest first. */
export function openPulls(db: Database, repository: RepositoryRow): Pull[] {
  return db
    .all<{ id: number }>(
      "SELECT id FROM issues WHERE repository_id = ? AND is_pull = 1 AND closed = 0 ORDER BY number",
      repository.id,
    )
    .map(({ id }) => getPull(db, id));
}

export type Branches = ReadonlyMap<string, string>;

/**
 * Brings the open pull requests up to date with the branches: moved heads (refs/pull/N/head, stale reviews), deleted
 * branches (closed, by who deleted them, or by the owner where that is not known). Answers the branches of the open ones and those named beside them. Called before anything is decided on a pull request; callers hold the repository's queue.
 */
export async function refreshPulls(
  forge: ForgeContext,
  repository: RepositoryRow,
  { also = [], doer }: { also?: readonly string[]; doer?: UserRow | undefined } = {},
): Promise<Branches> {
  const open = openHeads(forge.db, repository);
  const names = open.flatMap(({ head, base }) => [head, base]);
  const branches = await gitOf(forge, repository).heads([...names, ...also]);
  for (const known of open) {
    const head = branches.get(known.head);
    if (head === undefined || !branches.has(known.base)) {
      const by = doer ?? getUser(forge.db, repository.owner_id);
      closeWithoutComment(forge.db, { issue: getIssue(forge.db, known.issue_id), doer: by });
    } else if (head !== known.head_sha) {
      const pull = getPull(forge.db, known.issue_id);
      await moveHead(forge, repository, { pull, head, doer });
    }
  }
  return branches;
}

type OpenHead = Pick<PullRow, "issue_id" | "head" | "base" | "head_sha">;

function openHeads(db: Database, repository: RepositoryRow): OpenHead[] {
  return db.all<OpenHead>(
    `SELECT issue_id, head, base, head_sha FROM pulls JOIN issues ON issues.id = issue_id
     WHERE repository_id = ? AND closed = 0 ORDER BY number`,
    repository.id,
  );
}

/** The pull request, measured against the branches; one that is merged or closed stays as it was. */
export async function measuredPull(
  forge: ForgeContext,
  repository: RepositoryRow,
  { issueId, branches }: { issueId: number; branches: Branches },
): Promise<Pull> {
  const { issue, pull } = getPull(forge.db, issueId);
  const [head, base] = [branches.get(pull.head), branches.get(pull.base)];
  const open = !pull.merged && !issue.closed;
  const known = head === pull.checked_head && base === pull.checked_base;
  if (!open || known || head === undefined || base === undefined) return { issue, pull };
  const state = await measure(gitOf(forge, repository), { head, base });
  forge.db.update("pulls", pull.id, { ...state, checked_head: head, checked_base: base });
  return getPull(forge.db, issueId);
}

/** Both of the above, for one. */
export async function refreshedPull(
  forge: ForgeContext,
  repository: RepositoryRow,
  issueId: number,
): Promise<{ pull: Pull; branches: Branches }> {
  const { pull } = getPull(forge.db, issueId);
  const branches = await refreshPulls(forge, repository, { also: [pull.head, pull.base] });
  return { pull: await measuredPull(forge, repository, { issueId, branches }), branches };
}

/** services/pull/pull.go CloseBranchPulls passes over open dependencies. */
function closeWithoutComment(db: Database, act: TimelineSubject): void {
  db.update("issues", act.issue.id, { closed: 1, closed_at: now(), updated: now() });
  record(db, act, { type: "close" });
}

/**
 * services/pull/pull.go ValidatePullRequest: reviews become stale only if a file differs from both the old head and
 * the merge base; those of the new head are fresh again.
 */
async function moveHead(
  forge: ForgeContext,
  repository: RepositoryRow,
  { pull: { issue, pull }, head, doer }: { pull: Pull; head: string; doer: UserRow | undefined },
): Promise<void> {
  const git = gitOf(forge, repository);
  const login = await findPusher(git.path, { branch: pull.head, sha: head });
  const pusher = (login === undefined ? undefined : findUser(forge.db, login)) ?? doer;
  const commits = await describePush(git, { from: pull.head_sha, to: head });
  const changed = await contentChanged(git, { pull, from: pull.head_sha, to: head });
  const dismisses = protectionOf(forge.db, repository, pull.base)?.dismiss_stale_approvals ?? false;
  forge.db.transaction(() => {
    if (changed) markStale(forge.db, issue, dismisses);
    forge.db.run(
      "UPDATE reviews SET stale = 0 WHERE issue_id = ? AND commit_sha = ?",
      issue.id,
      head,
    );
    forge.db.update("pulls", pull.id, { head_sha: head });
    if (pusher) record(forge.db, { issue, doer: pusher }, { type: "pull_push", commits });
    touchIssue(forge.db, issue.id);
  });
  await git.setRef(pullRef(issue.number), head);
}

/** services/pull/comment.go CreatePushPullComment. */
async function describePush(git: GitRepository, { from, to }: { from: string; to: string }) {
  const forced = !((await git.commit(from)) && (await git.isAncestor(from, to)));
  if (forced) return { is_force_push: true, commit_ids: [from, to] };
  const added = await git.read(["rev-list", "--reverse", "--max-count=250", `${from}..${to}`]);
  return { is_force_push: false, commit_ids: added.split("\n").filter((sha) => sha !== "") };
}

function markStale(db: Database, issue: IssueRow, dismisses: boolean): void {
  db.run("UPDATE reviews SET stale = 1 WHERE issue_id = ?", issue.id);
  if (!dismisses) return;
  db.run("UPDATE reviews SET dismissed = 1 WHERE issue_id = ? AND state = 'APPROVED'", issue.id);
}

/** checkIfPRContentChanged: the combined diff of the new head against the old head and the merge base. */
export async function contentChanged(
  git: GitRepository,
  { pull, from, to }: { pull: PullRow; from: string; to: string },
): Promise<boolean> {
  const base = await git.branch(pull.base);
  const fork = base && (await git.mergeBase(base, to));
  if (!fork || !(await git.commit(from))) return true;
  return (await git.read(["diff", "--name-only", "-z", to, from, fork])) !== "";
}

interface Measured {
  readonly merge_base: string;
  readonly conflicting: number;
  readonly behind: number;
  readonly changed_files: number;
  readonly additions: number;
  readonly deletions: number;
}

/** services/pull/patch.go testPatch, by `git merge-tree`; unrelated histories count as a conflict. */
async function measure(
  git: GitRepository,
  { head, base }: { head: string; base: string },
): Promise<Measured & Readonly<Record<string, string | number>>> {
  const fork = await git.mergeBase(base, head);
  const [behind, merged, stat] = await Promise.all([
    fork === base ? 0 : git.count(`${head}..${base}`),
    fork === head || fork === base || mergesCleanly(git, { head, base }),
    git.read(["diff", "--shortstat", fork ?? base, head]),
  ]);
  return {
    merge_base: fork ?? base,
    conflicting: bit(!merged),
    behind,
    changed_files: numberBefore(stat, "file"),
    additions: numberBefore(stat, "insertion"),
    deletions: numberBefore(stat, "deletion"),
  };
}

async function mergesCleanly(
  git: GitRepository,
  { head, base }: { head: string; base: string },
): Promise<boolean> {
  return (await git.attempt(["merge-tree", "--write-tree", base, head])).exitCode === 0;
}

function numberBefore(stat: string, word: string): number {
  return Number(new RegExp(`(\\d+) ${word}`).exec(stat)?.[1] ?? 0);
}

/** Nothing to merge: the head is already part of the base. */
export function isEmptyPull(pull: PullRow): boolean {
  return pull.checked_head !== "" && pull.merge_base === pull.checked_head;
}
