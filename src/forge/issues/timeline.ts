/**
 * Who did what to an issue, and when. Forgejo keeps it among the comments, each of a type (models/issues/comment.go), so
 * that one order of time and number holds for both.
 */
import { type Database, now } from "../store/database.ts";
import type { IssueRow, UserRow } from "../store/rows.ts";

export interface Details {
  readonly label?: number;
  readonly assignee?: number;
  readonly removed?: boolean;
  readonly oldTitle?: string;
  readonly newTitle?: string;
  readonly oldRef?: string;
  readonly newRef?: string;
  readonly dependency?: number;
  /** The commits of a push to a pull request's branch. */
  readonly commits?: { readonly is_force_push: boolean; readonly commit_ids: readonly string[] };
}

export interface Event extends Details {
  readonly type:
    | "add_dependency"
    | "assignees"
    | "change_issue_ref"
    | "change_target_branch"
    | "change_title"
    | "close"
    | "label"
    | "merge_pull"
    | "pull_push"
    | "remove_dependency"
    | "reopen";
}

export interface TimelineSubject {
  readonly issue: IssueRow;
  readonly doer: UserRow;
}

export function record(
  db: Database,
  { issue, doer }: TimelineSubject,
  { type, ...details }: Event,
): void {
  const time = now();
  db.insert("comments", {
    issue_id: issue.id,
    poster_id: doer.id,
    body: bodyOf(type, details),
    type,
    details: JSON.stringify(details),
    created: time,
    updated: time,
  });
}

/** What Forgejo says of a label that was put on; one that was taken off has no words. */
function bodyOf(type: Event["type"], { removed, commits }: Details): string {
  if (type === "label" && !removed) return "1";
  return type === "pull_push" ? JSON.stringify(commits) : "";
}
