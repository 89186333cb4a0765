/** Issues (pull requests are issues too): rows, filters, assignees, state. */
import { ApiError, invalid } from "../http/api-error.ts";
import type { Page } from "../http/paging.ts";
import { accessOf, allows } from "../repositories/permission.ts";
import { bit, type Database, now, type Value } from "../store/database.ts";
import type { IssueRow, RepositoryRow, UserRow } from "../store/rows.ts";
import { findUser, noSuchUser } from "../users/users.ts";
import { addLabels, labelsById } from "./issue-labels.ts";
import { record, type TimelineSubject } from "./timeline.ts";

export interface NewIssue {
  readonly title: string;
  readonly body: string;
  readonly poster: UserRow;
  readonly isPull: boolean;
  readonly ref?: string;
  readonly due?: number;
  readonly labels: readonly number[];
  readonly assignees: readonly UserRow[];
}

export function findIssue(
  db: Database,
  repository: RepositoryRow,
  number: number,
): IssueRow | undefined {
  return db.get<IssueRow>(
    "SELECT * FROM issues WHERE repository_id = ? AND number = ?",
    repository.id,
    number,
  );
}

export function getIssue(db: Database, id: number): IssueRow {
  const issue = db.get<IssueRow>("SELECT * FROM issues WHERE id = ?", id);
  if (!issue) throw new Error(`no issue has the id ${id}`);
  return issue;
}

/** Numbers are never used twice, not even after a deletion. */
export function createIssue(db: Database, repository: RepositoryRow, issue: NewIssue): IssueRow {
  return db.transaction(() => {
    db.run("UPDATE repositories SET last_number = last_number + 1 WHERE id = ?", repository.id);
    const counter = db.get<{ last_number: number }>(
      "SELECT last_number FROM repositories WHERE id = ?",
      repository.id,
    );
    const time = now();
    const id = db.insert("issues", {
      repository_id: repository.id,
      number: counter?.last_number ?? 0,
      is_pull: bit(issue.isPull),
      poster_id: issue.poster.id,
      title: issue.title,
      body: issue.body,
      ref: issue.ref ?? "",
      due: issue.due ?? 0,
      created: time,
      updated: time,
    });
    const created = getIssue(db, id);
    const act = { issue: created, doer: issue.poster };
    addLabels(db, act, labelsById(db, repository, issue.labels));
    for (const user of issue.assignees) assign(db, act, user);
    return created;
  });
}

function assign(db: Database, act: TimelineSubject, { id }: UserRow): void {
  const added = db.run("INSERT OR IGNORE INTO issue_assignees VALUES (?, ?)", act.issue.id, id);
  if (added > 0) record(db, act, { type: "assignees", assignee: id });
}

function unassign(db: Database, act: TimelineSubject, { id }: UserRow): void {
  db.run("DELETE FROM issue_assignees WHERE issue_id = ? AND user_id = ?", act.issue.id, id);
  record(db, act, { type: "assignees", assignee: id, removed: true });
}

export interface IssueFilter {
  readonly state: "open" | "closed" | "all";
  readonly kind?: "issues" | "pulls" | undefined;
  readonly labels?: readonly number[];
  readonly keyword?: string | undefined;
  readonly since?: number | undefined;
  readonly before?: number | undefined;
  readonly posterId?: number | undefined;
  readonly assigneeId?: number | undefined;
  /** The branches of pull requests. */
  readonly base?: string | undefined;
  readonly head?: string | undefined;
  readonly sort?: string | undefined;
}

export function listIssues(
  db: Database,
  repository: RepositoryRow,
  { filter, page }: { filter: IssueFilter; page: Page },
): { issues: IssueRow[]; total: number } {
  const { where, values } = conditionsOf(repository, filter);
  const order = sortOrders[filter.sort ?? ""] ?? "created DESC, id DESC";
  const issues = db.all<IssueRow>(
    `SELECT * FROM issues WHERE ${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
    ...values,
    page.size,
    page.offset,
  );
  const counted = db.get<{ total: number }>(
    `SELECT COUNT(*) AS total FROM issues WHERE ${where}`,
    ...values,
  );
  return { issues, total: counted?.total ?? 0 };
}

/** models/issues/issue_search.go applySorts. */
const sortOrders: Readonly<Record<string, string>> = {
  latest: "created DESC, id DESC",
  oldest: "created ASC, id ASC",
  recentupdate: "updated DESC, created DESC, id DESC",
  leastupdate: "updated ASC, created ASC, id ASC",
  mostcomment: "comments DESC, created DESC, id DESC",
  leastcomment: "comments ASC, created DESC, id DESC",
  nearduedate: "CASE due WHEN 0 THEN 253370764800 ELSE due END ASC, created DESC, id DESC",
  farduedate: "due DESC, created DESC, id DESC",
};

type Condition = readonly [sql: string, ...values: Value[]];

function conditionsOf(repository: RepositoryRow, filter: IssueFilter) {
  const conditions = [...columnConditions(repository, filter), ...linkConditions(filter)];
  return {
    where: conditions.map(([sql]) => sql).join(" AND "),
    values: conditions.flatMap(([, ...values]) => values),
  };
}

function* columnConditions(
  repository: RepositoryRow,
  { state, kind, since, before, posterId, keyword }: IssueFilter,
): Generator<Condition> {
  yield ["repository_id = ?", repository.id];
  if (state !== "all") yield ["closed = ?", bit(state === "closed")];
  if (kind) yield ["is_pull = ?", bit(kind === "pulls")];
  if (since !== undefined) yield ["updated >= ?", since];
  if (before !== undefined) yield ["updated <= ?", before];
  if (posterId !== undefined) yield ["poster_id = ?", posterId];
  if (keyword) yield ["(instr(lower(title), ?) OR instr(lower(body), ?))", keyword, keyword];
}

/** All of the labels must be on the issue (IncludedLabelIDs). */
function* linkConditions(filter: IssueFilter): Generator<Condition> {
  const { assigneeId, labels, base, head } = filter;
  if (base) yield ["id IN (SELECT issue_id FROM pulls WHERE base = ?)", base];
  if (head) yield ["id IN (SELECT issue_id FROM pulls WHERE head = ?)", head];
  if (assigneeId !== undefined) {
    yield ["id IN (SELECT issue_id FROM issue_assignees WHERE user_id = ?)", assigneeId];
  }
  for (const label of labels ?? []) {
    yield ["id IN (SELECT issue_id FROM issue_labels WHERE label_id = ?)", label];
  }
}

export function touchIssue(db: Database, id: number): void {
  db.run("UPDATE issues SET updated = ? WHERE id = ?", now(), id);
}

export function assigneesOf(db: Database, issue: IssueRow): UserRow[] {
  return db.all<UserRow>(
    `SELECT users.* FROM users JOIN issue_assignees ON user_id = users.id
     WHERE issue_id = ? ORDER BY issue_assignees.rowid`,
    issue.id,
  );
}

/** Names to users; an assignee needs to write code (models/perm/access CanBeAssigned). */
export function assignable(
  db: Database,
  repository: RepositoryRow,
  logins: readonly string[],
): UserRow[] {
  return [...new Set(logins.filter((login) => login !== ""))].map((login) => {
    const user = findUser(db, login);
    if (!user) throw invalid(`Assignee does not exist: [name: ${noSuchUser(login)}]`);
    if (!allows(accessOf(db, repository, user), "write")) {
      throw invalid(
        `user doesn't have access to repo [user_id: ${user.id}, repo_name: ${repository.name}]`,
      );
    }
    return user;
  });
}

/** services/issue/assignee.go DeleteNotPassedAssignee: who stays is not touched. */
export function replaceAssignees(
  db: Database,
  act: TimelineSubject,
  users: readonly UserRow[],
): void {
  const wanted = new Set(users.map(({ id }) => id));
  for (const user of assigneesOf(db, act.issue)) if (!wanted.has(user.id)) unassign(db, act, user);
  for (const user of users) assign(db, act, user);
}

export function dependenciesOf(db: Database, issue: IssueRow): IssueRow[] {
  return db.all<IssueRow>(
    `SELECT issues.* FROM issues JOIN issue_dependencies ON dependency_id = issues.id
     WHERE issue_id = ? ORDER BY issues.created DESC, issues.id DESC`,
    issue.id,
  );
}

export function hasOpenDependencies(db: Database, issue: IssueRow): boolean {
  return dependenciesOf(db, issue).some(({ closed }) => !closed);
}

export function setClosed(db: Database, { issue, doer }: TimelineSubject, closed: boolean): void {
  if (closed === Boolean(issue.closed)) return;
  if (closed && hasOpenDependencies(db, issue)) {
    const what = issue.is_pull ? "pull request" : "issue";
    throw new ApiError(412, `cannot close this ${what} because it still has open dependencies`);
  }
  const time = now();
  db.update("issues", issue.id, {
    closed: bit(closed),
    closed_at: closed ? time : 0,
    updated: time,
  });
  record(db, { issue, doer }, { type: closed ? "close" : "reopen" });
}
