/** Comments on lines of a diff; they belong to a review. */

import { type ForgeContext, gitOf } from "../forge.ts";
import { iso, issuePage, userShape } from "../http/shapes.ts";
import type { Pull } from "../pulls/pulls.ts";
import { type Database, now } from "../store/database.ts";
import type { RepositoryRow, ReviewRow, UserRow } from "../store/rows.ts";
import { getUser } from "../users/users.ts";

export interface NewReviewComment {
  readonly path: string;
  readonly body: string;
  readonly old_position: number;
  readonly new_position: number;
}

export interface ReviewCommentRow {
  readonly id: number;
  readonly review_id: number;
  readonly poster_id: number;
  readonly body: string;
  readonly path: string;
  /** Negative: a line of the old file. */
  readonly line: number;
  readonly commit_sha: string;
  readonly diff_hunk: string;
  readonly created: number;
  readonly updated: number;
}

export function reviewCommentsOf(db: Database, review: ReviewRow): ReviewCommentRow[] {
  return db.all<ReviewCommentRow>(
    "SELECT * FROM review_comments WHERE review_id = ? ORDER BY id",
    review.id,
  );
}

/** Reads the hunks first (git), so that review and comments can be saved in one transaction. */
export async function addReviewComments(
  forge: ForgeContext,
  repository: RepositoryRow,
  { pull, commit, comments }: { pull: Pull; commit: string; comments: readonly NewReviewComment[] },
): Promise<{ save(review: ReviewRow, poster: UserRow): void }> {
  const rows = await Promise.all(
    comments.map(async (comment) => {
      const line = comment.old_position > 0 ? -comment.old_position : comment.new_position;
      const hunk = await hunkOf(forge, repository, { pull, path: comment.path, line });
      return { body: comment.body, path: comment.path, line, commit_sha: commit, diff_hunk: hunk };
    }),
  );
  return {
    save(review, poster) {
      const time = now();
      for (const row of rows) {
        forge.db.insert("review_comments", {
          ...row,
          review_id: review.id,
          poster_id: poster.id,
          created: time,
          updated: time,
        });
      }
    },
  };
}

/** The hunk that holds the line, empty where the diff does not show it. */
async function hunkOf(
  forge: ForgeContext,
  repository: RepositoryRow,
  { pull: { pull }, path, line }: { pull: Pull; path: string; line: number },
): Promise<string> {
  const { exitCode, stdout } = await gitOf(forge, repository).attempt([
    "--literal-pathspecs",
    "diff",
    pull.merge_base,
    pull.head_sha,
    "--",
    path,
  ]);
  if (exitCode !== 0 || path === "") return "";
  const hunks = stdout.split(/^(?=@@ )/m).slice(1);
  return hunks.find((hunk) => holds(hunk, line))?.trimEnd() ?? "";
}

function holds(hunk: string, line: number): boolean {
  const [, oldStart, oldCount = "1", newStart, newCount = "1"] =
    /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(hunk) ?? [];
  const [start, count] = line < 0 ? [oldStart, oldCount] : [newStart, newCount];
  const from = Number(start);
  return Math.abs(line) >= from && Math.abs(line) < from + Number(count);
}

export function reviewCommentShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  { comment, pull, viewer }: { comment: ReviewCommentRow; pull: Pull; viewer: UserRow | undefined },
) {
  const page = issuePage(forge, repository, pull.issue);
  return {
    id: comment.id,
    body: comment.body,
    user: userShape(forge, getUser(forge.db, comment.poster_id), viewer),
    resolver: null,
    pull_request_review_id: comment.review_id,
    created_at: iso(comment.created),
    updated_at: iso(comment.updated),
    path: comment.path,
    commit_id: comment.commit_sha,
    original_commit_id: "",
    diff_hunk: comment.diff_hunk,
    extra_lines_count: 0,
    position: Math.max(0, comment.line),
    original_position: Math.max(0, -comment.line),
    html_url: `${page}#issuecomment-${comment.id}`,
    pull_request_url: page,
  };
}
