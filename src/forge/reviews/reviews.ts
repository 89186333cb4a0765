/** Reviews of a pull request; which of them count, and since when they do not (models/issues/review.go). */

import { isOfficial, type Protection, protectionOf } from "../branches/protections.ts";
import { touchIssue } from "../issues/issues.ts";
import type { Pull } from "../pulls/pulls.ts";
import { accessOf } from "../repositories/permission.ts";
import { bit, type Database, now } from "../store/database.ts";
import type { RepositoryRow, ReviewRow, ReviewState, UserRow } from "../store/rows.ts";

export interface NewReview {
  readonly reviewer: UserRow;
  readonly state: ReviewState;
  readonly body: string;
  readonly commit: string;
  readonly stale: boolean;
}

export function reviewsOf(db: Database, { issue }: Pull): ReviewRow[] {
  return db.all<ReviewRow>("SELECT * FROM reviews WHERE issue_id = ? ORDER BY id", issue.id);
}

export function findReview(db: Database, { issue }: Pull, id: number): ReviewRow | undefined {
  return db.get<ReviewRow>("SELECT * FROM reviews WHERE id = ? AND issue_id = ?", id, issue.id);
}

function pendingReview(db: Database, { issue }: Pull, user: UserRow): ReviewRow | undefined {
  return db.get<ReviewRow>(
    "SELECT * FROM reviews WHERE issue_id = ? AND reviewer_id = ? AND state = 'PENDING'",
    issue.id,
    user.id,
  );
}

/** A verdict takes the official mark from the reviewer's earlier ones and dismisses them. */
export function submitReview(
  db: Database,
  repository: RepositoryRow,
  { pull, review }: { pull: Pull; review: NewReview },
): ReviewRow {
  return db.transaction(() => {
    const verdict = review.state === "APPROVED" || review.state === "REQUEST_CHANGES";
    if (verdict) retireEarlier(db, pull, review.reviewer);
    const official = verdict && countsFor(db, repository, { pull, reviewer: review.reviewer });
    const row = {
      state: review.state,
      body: review.body,
      commit_sha: review.commit,
      stale: bit(review.stale),
      official: bit(official),
      updated: now(),
    };
    const id = pendingReview(db, pull, review.reviewer)?.id ?? insert(db, pull, review.reviewer);
    db.update("reviews", id, row);
    touchIssue(db, pull.issue.id);
    const saved = findReview(db, pull, id);
    if (!saved) throw new Error(`the review ${id} that was just made is gone`);
    return saved;
  });
}

function insert(db: Database, { issue }: Pull, reviewer: UserRow): number {
  return db.insert("reviews", {
    issue_id: issue.id,
    reviewer_id: reviewer.id,
    state: "PENDING",
    body: "",
    commit_sha: "",
    stale: 0,
    official: 0,
    created: now(),
    updated: now(),
  });
}

function retireEarlier(db: Database, { issue }: Pull, reviewer: UserRow): void {
  db.run(
    "UPDATE reviews SET official = 0 WHERE issue_id = ? AND reviewer_id = ?",
    issue.id,
    reviewer.id,
  );
  db.run(
    `UPDATE reviews SET dismissed = 1
     WHERE issue_id = ? AND reviewer_id = ? AND state IN ('APPROVED', 'REQUEST_CHANGES')`,
    issue.id,
    reviewer.id,
  );
}

function countsFor(
  db: Database,
  repository: RepositoryRow,
  { pull, reviewer }: { pull: Pull; reviewer: UserRow },
): boolean {
  const access = accessOf(db, repository, reviewer);
  return isOfficial(protectionOf(db, repository, pull.pull.base), { user: reviewer, access });
}

/** models/issues/pull.go GetGrantedApprovalsCount. */
export function grantedApprovals(db: Database, pull: Pull, protection: Protection): number {
  return reviewsOf(db, pull).filter(
    ({ state, official, dismissed, stale }) =>
      state === "APPROVED" &&
      official &&
      !dismissed &&
      !(protection.ignore_stale_approvals && stale),
  ).length;
}

/** A stale rejection still blocks (MergeBlockedByRejectedReview). */
export function isRejected(db: Database, pull: Pull): boolean {
  return reviewsOf(db, pull).some(
    ({ state, official, dismissed }) => state === "REQUEST_CHANGES" && official && !dismissed,
  );
}

export function setDismissed(db: Database, review: ReviewRow, dismissed: boolean): void {
  db.update("reviews", review.id, { dismissed: bit(dismissed) });
}
