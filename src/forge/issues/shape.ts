/** JSON of an issue (services/convert/issue.go). */
import type { ForgeContext } from "../forge.ts";
import {
  iso,
  issuePage,
  labelShape,
  repositoryApiUrl,
  timeOrNull,
  userShape,
} from "../http/shapes.ts";
import type { IssueRow, PullRow, RepositoryRow, UserRow } from "../store/rows.ts";
import { getUser } from "../users/users.ts";
import { labelsOf } from "./issue-labels.ts";
import { assigneesOf } from "./issues.ts";

export function issueShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  { issue, viewer }: { issue: IssueRow; viewer: UserRow | undefined },
) {
  return {
    ...conversationShape(forge, repository, { issue, viewer }),
    url: `${repositoryApiUrl(forge, repository)}/issues/${issue.number}`,
    html_url: issuePage(forge, repository, issue),
    original_author: "",
    original_author_id: 0,
    ref: issue.ref,
    assets: [],
    created_at: iso(issue.created),
    updated_at: iso(issue.updated),
    closed_at: timeOrNull(issue.closed_at),
    pull_request: issue.is_pull ? pullMeta(forge, repository, issue) : null,
    repository: {
      id: repository.id,
      name: repository.name,
      owner: repository.owner_login,
      full_name: `${repository.owner_login}/${repository.name}`,
    },
  };
}

/** What an issue and a pull request have in common. */
export function conversationShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  { issue, viewer }: { issue: IssueRow; viewer: UserRow | undefined },
) {
  const assignees = assigneesOf(forge.db, issue).map((user) => userShape(forge, user));
  return {
    id: issue.id,
    number: issue.number,
    user: userShape(forge, getUser(forge.db, issue.poster_id), viewer),
    title: issue.title,
    body: issue.body,
    labels: labelsOf(forge.db, issue).map((label) => labelShape(forge, repository, label)),
    milestone: null,
    assignee: assignees[0] ?? null,
    assignees: assignees.length > 0 ? assignees : null,
    state: issue.closed ? "closed" : "open",
    is_locked: issue.locked === 1,
    comments: issue.comments,
    due_date: timeOrNull(issue.due),
    pin_order: 0,
  };
}

function pullMeta(forge: ForgeContext, repository: RepositoryRow, issue: IssueRow) {
  const pull = forge.db.get<PullRow>("SELECT * FROM pulls WHERE issue_id = ?", issue.id);
  return {
    merged: pull?.merged === 1,
    merged_at: timeOrNull(pull?.merged_at ?? 0),
    draft: isDraft(issue.title),
    html_url: issuePage(forge, repository, issue),
  };
}

/** WORK_IN_PROGRESS_PREFIXES of modules/setting/repository.go. */
export function isDraft(title: string): boolean {
  return /^(wip:|\[wip\])/i.test(title);
}
