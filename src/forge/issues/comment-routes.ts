/** Comments on issues and pull requests (routers/api/v1/repo/issue_comment.go). */
import { Hono } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { forbidden, notFound } from "../http/api-error.ts";
import { listAnswer, requireRoom } from "../http/list-answer.ts";
import { countHeader, cut, pageOf } from "../http/paging.ts";
import {
  bodyOf,
  type Context,
  type Env,
  enterRepository,
  enterSigned,
  mustNotBeArchived,
  numberParameter,
  type RepositoryRequest,
  required,
  type SignedRequest,
} from "../http/request.ts";
import { commentShape } from "../http/shapes.ts";
import { allows } from "../repositories/permission.ts";
import { now } from "../store/database.ts";
import type { CommentRow, IssueRow } from "../store/rows.ts";
import { getIssue, touchIssue } from "./issues.ts";
import { issueParameter, mustBePosterOrWriter, timeQuery } from "./routes.ts";
import { timelineShape } from "./timeline-shape.ts";

const path = "/repos/:owner/:repo/issues";
const Body = z.object({ body: required });

export function commentRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(`${path}/:index/comments`, (c) => {
    const request = enterRepository(c, forge, "issue");
    const issue = issueParameter(c, forge, request);
    const comments = listComments(c, forge, issue);
    countHeader(c, comments.length);
    return listAnswer(c, comments, (comment) => shapeOf(forge, request, comment));
  });
  routes.post(`${path}/:index/comments`, async (c) => {
    const request = enterSigned(c, forge, "issue");
    mustNotBeArchived(request);
    const issue = issueParameter(c, forge, request);
    if (issue.locked && !allows(request.access, "write")) {
      throw forbidden("You cannot comment on a locked issue.");
    }
    const { body } = await bodyOf(c, Body);
    requireRoom(forge.db, issue, { access: request.access, text: body });
    return c.json(shapeOf(forge, request, create(forge, request, { issue, body })), 201);
  });
  routes.get(`${path}/:index/timeline`, (c) => {
    const request = enterRepository(c, forge, "issue");
    const issue = issueParameter(c, forge, request);
    const all = listTimeline(c, forge, issue);
    const entries = c.req.query("page") === undefined ? all : cut(all, pageOf(c));
    countHeader(c, entries.length);
    const { repository, user: viewer } = request;
    // A slice of Go that nothing was put into.
    if (entries.length === 0) return c.json(null);
    return listAnswer(c, entries, (entry) =>
      timelineShape(forge, repository, { entry, issue, viewer }),
    );
  });
  routes.patch(`${path}/comments/:id`, async (c) => {
    const request = enterSigned(c, forge, "issue");
    mustNotBeArchived(request);
    const comment = commentParameter(c, forge, request);
    mustBePosterOrWriter(request, comment);
    if (comment.type !== "comment") return c.body(null, 204);
    const { body } = await bodyOf(c, Body);
    const issue = getIssue(forge.db, comment.issue_id);
    requireRoom(forge.db, issue, { access: request.access, text: body });
    forge.db.update("comments", comment.id, { body, updated: now() });
    return c.json(shapeOf(forge, request, commentParameter(c, forge, request)));
  });
  return routes;
}

function shapeOf(forge: ForgeContext, { repository }: RepositoryRequest, comment: CommentRow) {
  return commentShape(forge, repository, { comment, issue: getIssue(forge.db, comment.issue_id) });
}

function listComments(c: Context, forge: ForgeContext, issue: IssueRow): CommentRow[] {
  return listTimeline(c, forge, issue).filter(({ type }) => type === "comment");
}

/** models/issues/comment.go FindComments. */
function listTimeline(c: Context, forge: ForgeContext, issue: IssueRow): CommentRow[] {
  return forge.db.all<CommentRow>(
    `SELECT * FROM comments WHERE issue_id = ? AND updated >= ? AND updated <= ?
     ORDER BY created, id`,
    issue.id,
    timeQuery(c, "since") ?? 0,
    timeQuery(c, "before") ?? Number.MAX_SAFE_INTEGER,
  );
}

function create(
  forge: ForgeContext,
  { user }: SignedRequest,
  { issue, body }: { issue: IssueRow; body: string },
): CommentRow {
  const { db } = forge;
  return db.transaction(() => {
    const time = now();
    const by = { issue_id: issue.id, poster_id: user.id, type: "comment", details: "{}" };
    const row = { ...by, body, created: time, updated: time };
    const id = db.insert("comments", row);
    db.run("UPDATE issues SET comments = comments + 1 WHERE id = ?", issue.id);
    touchIssue(db, issue.id);
    return { id, ...row };
  });
}

function commentParameter(
  c: Context,
  forge: ForgeContext,
  { repository }: RepositoryRequest,
): CommentRow {
  const id = numberParameter(c, "id");
  const comment = forge.db.get<CommentRow>("SELECT * FROM comments WHERE id = ?", id);
  if (!comment) throw notFound(undefined, [`comment does not exist [id: ${id}, issue_id: 0]`]);
  if (getIssue(forge.db, comment.issue_id).repository_id !== repository.id) throw notFound();
  return comment;
}
