/** JSON of a timeline's entry (services/convert/issue_comment.go ToTimelineComment). */
import type { ForgeContext } from "../forge.ts";
import { commentShape, labelShape, userShape } from "../http/shapes.ts";
import { getRepository } from "../repositories/repositories.ts";
import type { Database } from "../store/database.ts";
import type { CommentRow, IssueRow, LabelRow, RepositoryRow, UserRow } from "../store/rows.ts";
import { issueShape } from "./shape.ts";
import type { Details } from "./timeline.ts";

/** What was deleted since is null. */
export function timelineShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  { entry, issue, viewer }: { entry: CommentRow; issue: IssueRow; viewer: UserRow | undefined },
) {
  const { original_author, original_author_id, assets, ...common } = commentShape(
    forge,
    repository,
    { comment: entry, issue },
  );
  const details = JSON.parse(entry.details) as Details;
  const label = find<LabelRow>(forge.db, "labels", details.label);
  const assignee = find<UserRow>(forge.db, "users", details.assignee);
  const other = find<IssueRow>(forge.db, "issues", details.dependency);
  return {
    ...common,
    ...emptyShape,
    type: entry.type,
    old_title: details.oldTitle ?? "",
    new_title: details.newTitle ?? "",
    old_ref: details.oldRef ?? "",
    new_ref: details.newRef ?? "",
    label: label ? labelShape(forge, repository, label) : null,
    assignee: assignee ? userShape(forge, assignee) : null,
    removed_assignee: entry.type === "assignees" && details.removed === true,
    dependent_issue: other
      ? issueShape(forge, getRepository(forge.db, other.repository_id), { issue: other, viewer })
      : null,
  };
}

const emptyShape = {
  old_project_id: 0,
  project_id: 0,
  old_milestone: null,
  milestone: null,
  tracked_time: null,
  ref_issue: null,
  ref_comment: null,
  ref_action: "none",
  ref_commit_sha: "",
  review_id: 0,
  assignee_team: null,
  resolve_doer: null,
};

function find<Row>(db: Database, table: string, id: number | undefined): Row | undefined {
  return id === undefined ? undefined : db.get<Row>(`SELECT * FROM ${table} WHERE id = ?`, id);
}
