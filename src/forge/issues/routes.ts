/** Issues (routers/api/v1/repo/issue.go). */
import { Hono, type Context as HonoContext } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { ApiError, bareRefusal, invalid, notFound } from "../http/api-error.ts";
import { listAnswer } from "../http/list-answer.ts";
import { pageHeaders, pageOf } from "../http/paging.ts";
import {
  bodyOf,
  type Context,
  type Env,
  enterRepository,
  enterSigned,
  int,
  mustNotBeArchived,
  numberParameter,
  type RepositoryRequest,
  required,
  type SignedRequest,
  text,
  time,
} from "../http/request.ts";
import { findPull } from "../pulls/pulls.ts";
import { allows } from "../repositories/permission.ts";
import { now } from "../store/database.ts";
import type { IssueRow, RepositoryRow } from "../store/rows.ts";
import { findUser, noSuchUser } from "../users/users.ts";
import { labelsByName } from "./issue-labels.ts";
import {
  assignable,
  createIssue,
  findIssue,
  getIssue,
  type IssueFilter,
  listIssues,
  replaceAssignees,
  setClosed,
} from "./issues.ts";
import { issueShape } from "./shape.ts";
import { record } from "./timeline.ts";
import { cutTitle } from "./title.ts";

const path = "/repos/:owner/:repo/issues";

const NewIssueBody = z.object({
  title: required.transform(cutTitle),
  body: text.default(""),
  ref: text.default(""),
  assignee: text.default(""),
  assignees: z.array(text).default([]),
  due_date: time.optional(),
  milestone: int.optional(),
  labels: z.array(int).default([]),
  closed: z.boolean().default(false),
});
type NewIssueBody = z.infer<typeof NewIssueBody>;

const IssueChanges = z.object({
  title: text.transform(cutTitle).default(""),
  body: text.optional(),
  ref: text.optional(),
  assignee: text.optional(),
  assignees: z.array(text).optional(),
  milestone: int.optional(),
  state: text.optional(),
  due_date: time.optional(),
  unset_due_date: z.boolean().default(false),
  updated_at: time.optional(),
});
export type IssueChanges = z.infer<typeof IssueChanges>;

export function issueRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(path, (c) => {
    const { repository, user } = enterRepository(c, forge, "issue");
    const filter = filterOf(c, forge, repository);
    const { issues, total } = listIssues(forge.db, repository, { filter, page: pageOf(c) });
    pageHeaders(c, forge, total);
    return listAnswer(c, issues, (issue) => issueShape(forge, repository, { issue, viewer: user }));
  });
  routes.post(path, async (c) => {
    const request = enterSigned(c, forge, "issue");
    mustNotBeArchived(request);
    const issue = create(forge, request, await bodyOf(c, NewIssueBody));
    return c.json(shapeOf(forge, request, issue.id), 201);
  });
  routes.get(`${path}/:index`, (c) => {
    const request = enterRepository(c, forge, "issue");
    return c.json(shapeOf(forge, request, issueParameter(c, forge, request).id));
  });
  routes.patch(`${path}/:index`, async (c) => {
    const request = enterSigned(c, forge, "issue");
    const issue = issueParameter(c, forge, request);
    mustBePosterOrWriter(request, issue);
    change(forge, { request, issue, changes: await bodyOf(c, IssueChanges) });
    return c.json(shapeOf(forge, request, issue.id), 201);
  });
  return routes;
}

function shapeOf(forge: ForgeContext, { repository, user }: RepositoryRequest, id: number) {
  return issueShape(forge, repository, { issue: getIssue(forge.db, id), viewer: user });
}

export function issueParameter(
  c: Context,
  forge: ForgeContext,
  { repository }: RepositoryRequest,
): IssueRow {
  const issue = findIssue(forge.db, repository, numberParameter(c, "index"));
  if (!issue) throw notFound();
  return issue;
}

export function mustBePosterOrWriter(
  { user, access }: SignedRequest,
  { poster_id }: { readonly poster_id: number },
): void {
  if (poster_id !== user.id && !allows(access, "write")) throw bareRefusal(403);
}

function filterOf(c: Context, forge: ForgeContext, repository: RepositoryRow): IssueFilter {
  const state = c.req.query("state");
  const kind = c.req.query("type");
  const labels = (c.req.query("labels") ?? "").split(",").filter((name) => name !== "");
  return {
    state: state === "closed" || state === "all" ? state : "open",
    kind: kind === "issues" || kind === "pulls" ? kind : undefined,
    labels: labelsByName(forge.db, repository, labels).map(({ id }) => id),
    keyword: (c.req.query("q") ?? "").trim().toLowerCase(),
    since: timeQuery(c, "since"),
    before: timeQuery(c, "before"),
    posterId: userQuery(c, forge, "created_by"),
    assigneeId: userQuery(c, forge, "assigned_by"),
    sort: c.req.query("sort"),
  };
}

export function timeQuery(c: HonoContext, name: string): number | undefined {
  const given = c.req.query(name);
  if (given === undefined || given === "") return undefined;
  const seconds = Date.parse(given) / 1000;
  if (!time.safeParse(given).success) throw invalid(`parsing time "${given}" as "RFC3339"`);
  return Math.floor(seconds);
}

function userQuery(c: Context, forge: ForgeContext, name: string): number | undefined {
  const login = c.req.query(name);
  if (login === undefined || login === "") return undefined;
  const user = findUser(forge.db, login);
  if (!user) throw notFound(noSuchUser(login));
  return user.id;
}

export function dueOf(date: string | undefined): number {
  if (date === undefined) return 0;
  const day = new Date(date);
  day.setUTCHours(23, 59, 59, 0);
  return Math.floor(day.getTime() / 1000);
}

/** Only who can write sets labels, assignees and dates. */
function create(forge: ForgeContext, request: SignedRequest, body: NewIssueBody): IssueRow {
  const { repository, user, access } = request;
  const writer = allows(access, "write");
  const logins = writer ? [body.assignee, ...body.assignees] : [];
  return forge.db.transaction(() => {
    const issue = createIssue(forge.db, repository, {
      title: body.title,
      body: body.body,
      ref: body.ref,
      poster: user,
      isPull: false,
      due: writer ? dueOf(body.due_date) : 0,
      labels: writer ? body.labels : [],
      assignees: assignable(forge.db, repository, logins),
    });
    if (body.closed) setClosed(forge.db, { issue, doer: user }, true);
    return issue;
  });
}

interface Change {
  readonly request: SignedRequest;
  readonly issue: IssueRow;
  readonly changes: Omit<IssueChanges, "ref"> & { readonly ref?: string | undefined };
}

export function change(forge: ForgeContext, { request, issue, changes }: Change): void {
  const { db } = forge;
  const writer = allows(request.access, "write");
  db.transaction(() => {
    db.update("issues", issue.id, {
      title: changes.title || issue.title,
      body: changes.body ?? issue.body,
      ref: changes.ref ?? issue.ref,
      due: writer ? newDue(issue, changes) : issue.due,
      updated: now(),
    });
    recordWording(forge, { request, issue, changes });
    if (writer) changeAssignees(forge, { request, issue, changes });
    if (changes.state !== undefined) changeState(forge, { request, issue, changes });
  });
}

function recordWording(forge: ForgeContext, { request, issue, changes }: Change): void {
  const act = { issue, doer: request.user };
  const { title, ref } = changes;
  if (title !== "" && title !== issue.title) {
    record(forge.db, act, { type: "change_title", oldTitle: issue.title, newTitle: title });
  }
  if (ref !== undefined && ref !== issue.ref) {
    const [oldRef, newRef] = [shortRef(issue.ref), shortRef(ref)];
    record(forge.db, act, { type: "change_issue_ref", oldRef, newRef });
  }
}

function shortRef(ref: string): string {
  return ref.replace(/^refs\/heads\//, "");
}

function newDue(issue: IssueRow, { unset_due_date, due_date }: Change["changes"]): number {
  if (unset_due_date) return 0;
  return due_date === undefined ? issue.due : dueOf(due_date);
}

function changeAssignees(forge: ForgeContext, { request, issue, changes }: Change): void {
  if (changes.assignees === undefined && changes.assignee === undefined) return;
  const logins = [changes.assignee ?? "", ...(changes.assignees ?? [])];
  const users = assignable(forge.db, request.repository, logins);
  replaceAssignees(forge.db, { issue, doer: request.user }, users);
}

function changeState(forge: ForgeContext, { request, issue, changes }: Change): void {
  if (issue.is_pull && findPull(forge.db, request.repository, issue.number)?.pull.merged) {
    throw new ApiError(412, "cannot change state of this pull request, it was already merged");
  }
  setClosed(forge.db, { issue, doer: request.user }, changes.state === "closed");
}
