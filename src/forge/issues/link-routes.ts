/** What hangs on an issue: its labels and its dependencies (routers/api/v1/repo/issue_label.go, issue_dependency.go). */
import { Hono } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { ApiError, bareRefusal, invalid, notFound } from "../http/api-error.ts";
import { listAnswer } from "../http/list-answer.ts";
import { cut, pageOf } from "../http/paging.ts";
import {
  bodyOf,
  type Context,
  type Env,
  enterRepository,
  enterSigned,
  int,
  mustNotBeArchived,
  numberParameter,
  required,
  type SignedRequest,
  text,
} from "../http/request.ts";
import { labelShape } from "../http/shapes.ts";
import { accessBy, allows } from "../repositories/permission.ts";
import { findRepository, getRepository } from "../repositories/repositories.ts";
import type { IssueRow, LabelRow } from "../store/rows.ts";
import { addLabels, labelsById, labelsByName, labelsOf, removeLabels } from "./issue-labels.ts";
import { dependenciesOf, findIssue, touchIssue } from "./issues.ts";
import { issueParameter } from "./routes.ts";
import { issueShape } from "./shape.ts";
import { record, type TimelineSubject } from "./timeline.ts";

const path = "/repos/:owner/:repo/issues/:index";
const LabelNames = z.object({ labels: z.array(z.union([int, text])).default([]) });
const Dependency = z.object({ index: int, owner: required, repo: required });

export function issueLabelRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  const answer = (request: Pick<SignedRequest, "repository">, issue: IssueRow) =>
    labelsOf(forge.db, issue).map((label) => labelShape(forge, request.repository, label));
  routes.post(`${path}/labels`, async (c) => {
    const { request, issue } = enterWritableIssue(c, forge);
    const labels = await wantedLabels(c, forge, request);
    forge.db.transaction(() => {
      const act = { issue, doer: request.user };
      addLabels(forge.db, act, labels);
      touchIssue(forge.db, issue.id);
    });
    return c.json(answer(request, issue));
  });
  routes.delete(`${path}/labels`, (c) => {
    const { request, issue } = enterWritableIssue(c, forge);
    const act = { issue, doer: request.user };
    removeLabels(forge.db, act, labelsOf(forge.db, issue));
    touchIssue(forge.db, issue.id);
    return c.body(null, 204);
  });
  routes.delete(`${path}/labels/:id`, (c) => {
    const { request, issue } = enterWritableIssue(c, forge);
    const id = numberParameter(c, "id");
    const [label] = labelsById(forge.db, request.repository, [id]);
    if (!label) throw invalid(`label does not exist [label_id: ${id}]`);
    removeLabels(forge.db, { issue, doer: request.user }, [label]);
    touchIssue(forge.db, issue.id);
    return c.body(null, 204);
  });
  return routes;
}

function enterWritableIssue(
  c: Context,
  forge: ForgeContext,
): { request: SignedRequest; issue: IssueRow } {
  const request = enterSigned(c, forge, "issue");
  const issue = issueParameter(c, forge, request);
  if (!allows(request.access, "write")) throw bareRefusal(403);
  return { request, issue };
}

async function wantedLabels(
  c: Context,
  forge: ForgeContext,
  { repository }: SignedRequest,
): Promise<LabelRow[]> {
  const { labels } = await bodyOf(c, LabelNames);
  const names = labels.filter((label) => typeof label === "string");
  const ids = labels.filter((label) => typeof label === "number");
  if (names.length > 0 && ids.length > 0) {
    throw new ApiError(400, "labels should be an array of strings or integers");
  }
  return names.length > 0
    ? labelsByName(forge.db, repository, names)
    : labelsById(forge.db, repository, ids);
}

export function dependencyRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(`${path}/dependencies`, (c) => {
    const request = enterRepository(c, forge, "issue");
    const all = dependenciesOf(forge.db, issueParameter(c, forge, request));
    const readable = all.filter((issue) => mayRead(forge, request.doer, issue));
    return listAnswer(c, cut(readable, pageOf(c)), (issue) =>
      issueShape(forge, getRepository(forge.db, issue.repository_id), {
        issue,
        viewer: request.user,
      }),
    );
  });
  routes.on(["POST", "DELETE"], `${path}/dependencies`, async (c) => {
    const { request, issue } = enterDependentIssue(c, forge);
    const other = dependencyOf(forge, request, await bodyOf(c, Dependency));
    const adds = c.req.method === "POST";
    if (adds) add(forge, issue, other);
    else remove(forge, issue, other);
    recordDependency(forge, { issue, doer: request.user }, { adds, other });
    touchIssue(forge.db, issue.id);
    const shape = issueShape(forge, request.repository, { issue, viewer: request.user });
    return c.json(shape, 201);
  });
  return routes;
}

/** Who may not write has nothing to find here (createIssueDependency). */
function enterDependentIssue(
  c: Context,
  forge: ForgeContext,
): { request: SignedRequest; issue: IssueRow } {
  const request = enterSigned(c, forge, "issue");
  const issue = issueParameter(c, forge, request);
  mustNotBeArchived(request);
  if (!allows(request.access, "write")) throw notFound();
  return { request, issue };
}

function mayRead(forge: ForgeContext, doer: SignedRequest["doer"], issue: IssueRow): boolean {
  return accessBy(forge.db, getRepository(forge.db, issue.repository_id), doer) !== "none";
}

function dependencyOf(
  forge: ForgeContext,
  { doer }: SignedRequest,
  { owner, repo, index }: z.infer<typeof Dependency>,
): IssueRow {
  const repository = findRepository(forge.db, owner, repo);
  const issue = repository && findIssue(forge.db, repository, index);
  if (!issue || !mayRead(forge, doer, issue)) throw notFound();
  return issue;
}

/** models/issues/dependency.go: neither twice nor in a circle. */
function add(forge: ForgeContext, issue: IssueRow, other: IssueRow): void {
  const has = (one: IssueRow, two: IssueRow) =>
    dependenciesOf(forge.db, one).some(({ id }) => id === two.id);
  if (has(issue, other)) throw invalid("issue dependency does already exist");
  if (issue.id === other.id || has(other, issue)) {
    throw invalid("circular dependencies exists");
  }
  forge.db.run("INSERT INTO issue_dependencies VALUES (?, ?)", issue.id, other.id);
}

/** models/issues/comment.go createIssueDependencyComment: both issues are told. */
function recordDependency(
  forge: ForgeContext,
  { issue, doer }: TimelineSubject,
  { adds, other }: { adds: boolean; other: IssueRow },
): void {
  const type = adds ? "add_dependency" : "remove_dependency";
  record(forge.db, { issue, doer }, { type, dependency: other.id });
  record(forge.db, { issue: other, doer }, { type, dependency: issue.id });
}

function remove(forge: ForgeContext, issue: IssueRow, other: IssueRow): void {
  const removed = forge.db.run(
    "DELETE FROM issue_dependencies WHERE issue_id = ? AND dependency_id = ?",
    issue.id,
    other.id,
  );
  if (removed === 0) throw notFound();
}
