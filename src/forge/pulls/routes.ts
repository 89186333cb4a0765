/** Pull requests (routers/api/v1/repo/pull.go). */
import { Hono } from "hono";
import * as z from "zod";
import { type ForgeContext, gitOf } from "../forge.ts";
import { ApiError, invalid, notFound } from "../http/api-error.ts";
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
import { repositoryShape } from "../http/shapes.ts";
import { labelsById, replaceLabels } from "../issues/issue-labels.ts";
import { assignable, createIssue, listIssues } from "../issues/issues.ts";
import { change, dueOf, mustBePosterOrWriter } from "../issues/routes.ts";
import { record } from "../issues/timeline.ts";
import { cutTitle } from "../issues/title.ts";
import { allows } from "../repositories/permission.ts";
import { getRepository } from "../repositories/repositories.ts";
import type { IssueRow, RepositoryRow } from "../store/rows.ts";
import { findUser, noSuchUser } from "../users/users.ts";
import {
  type Branches,
  findPull,
  getPull,
  measuredPull,
  type Pull,
  pullRef,
  refreshedPull,
} from "./pulls.ts";
import { pullShape } from "./shapes.ts";

const path = "/repos/:owner/:repo/pulls";

const NewPull = z.object({
  head: required,
  base: required,
  title: required.transform(cutTitle),
  body: text.default(""),
  assignee: text.default(""),
  assignees: z.array(text).default([]),
  labels: z.array(int).default([]),
  milestone: int.optional(),
  due_date: time.optional(),
});
type NewPull = z.infer<typeof NewPull>;

const PullChanges = z.object({
  title: text.transform(cutTitle).default(""),
  body: text.optional(),
  base: text.default(""),
  assignee: text.optional(),
  assignees: z.array(text).optional(),
  labels: z.array(int).optional(),
  milestone: int.optional(),
  state: text.optional(),
  due_date: time.optional(),
  unset_due_date: z.boolean().default(false),
  allow_maintainer_edit: z.boolean().optional(),
});
type PullChanges = z.infer<typeof PullChanges>;

export function pullRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(path, async (c) => await list(c, forge));
  routes.post(path, async (c) => {
    const request = enterSigned(c, forge);
    mustNotBeArchived(request);
    const body = await bodyOf(c, NewPull);
    const issueId = await inQueue(forge, request, () => create(forge, request, body));
    return c.json(await freshShape(forge, request, issueId), 201);
  });
  routes.get(`${path}/:index`, async (c) => {
    const request = enterRepository(c, forge);
    const { issue } = pullParameter(c, forge, request);
    return c.json(await freshShape(forge, request, issue.id));
  });
  routes.patch(`${path}/:index`, async (c) => {
    const request = enterSigned(c, forge);
    const pull = pullParameter(c, forge, request);
    mustBePosterOrWriter(request, pull.issue);
    const changes = await bodyOf(c, PullChanges);
    await inQueue(forge, request, () => edit(forge, request, { pull, changes }));
    return c.json(await freshShape(forge, request, pull.issue.id), 201);
  });
  return routes;
}

export function pullParameter(
  c: Context,
  forge: ForgeContext,
  { repository }: RepositoryRequest,
): Pull {
  const pull = findPull(forge.db, repository, numberParameter(c, "index"));
  if (!pull) throw notFound();
  return pull;
}

export async function inQueue<Result>(
  forge: ForgeContext,
  { repository }: RepositoryRequest,
  work: () => Promise<Result>,
): Promise<Result> {
  return await forge.queue.run(repository.id, work);
}

async function freshShape(forge: ForgeContext, request: RepositoryRequest, issueId: number) {
  const { repository, user } = request;
  const work = () => refreshedPull(forge, repository, issueId);
  const { pull, branches } = await inQueue(forge, request, work);
  const fresh = getRepository(forge.db, repository.id);
  const repo = repositoryShape(forge, fresh, request.access);
  return pullShape(forge, fresh, { pull, viewer: user, branches, repo });
}

async function list(c: Context, forge: ForgeContext) {
  const request = enterRepository(c, forge);
  const { repository, user } = request;
  const state = c.req.query("state") ?? "";
  const poster = c.req.query("poster") ?? "";
  const posterRow = poster === "" ? undefined : findUser(forge.db, poster);
  if (poster !== "" && !posterRow) throw new ApiError(400, noSuchUser(poster));
  await refreshAfterPushes(forge, request);
  const { issues, total } = listIssues(forge.db, repository, {
    filter: {
      state: state === "open" || state === "closed" ? state : "all",
      kind: "pulls",
      labels: (c.req.queries("labels") ?? []).map(Number),
      posterId: posterRow?.id,
      base: c.req.query("base"),
      head: c.req.query("head"),
      sort: c.req.query("sort"),
    },
    page: pageOf(c),
  });
  // An empty repository has no such route (routers/api/v1/api.go mustNotBeEmpty… of the pull requests' unit).
  if (total === 0 && (await gitOf(forge, repository).branches()).size === 0) throw notFound();
  pageHeaders(c, forge, total);
  const branches = await branchesOf(forge, repository, issues);
  const repo = repositoryShape(forge, repository, request.access);
  const shapes: object[] = [];
  for (const { id: issueId } of issues) {
    const pull = await measuredPull(forge, repository, { issueId, branches });
    shapes.push(pullShape(forge, repository, { pull, viewer: user, branches, repo }));
  }
  return listAnswer(c, shapes, (shape) => shape);
}

/** It is in the rows once the repository's queue has come this far; nothing of a list is decided on. */
async function refreshAfterPushes(forge: ForgeContext, request: RepositoryRequest): Promise<void> {
  await inQueue(forge, request, async () => undefined);
}

/** Those of a page alone: git looks up every name anew. */
async function branchesOf(
  forge: ForgeContext,
  repository: RepositoryRow,
  issues: readonly IssueRow[],
): Promise<Branches> {
  const pulls = issues.map(({ id }) => getPull(forge.db, id).pull);
  return gitOf(forge, repository).heads(pulls.flatMap(({ head, base }) => [head, base]));
}

/** parseCompareInfo; forks do not exist here, so `owner:branch` must name this repository's owner. */
async function create(forge: ForgeContext, request: SignedRequest, body: NewPull): Promise<number> {
  const { repository, user } = request;
  if (body.head === body.base) {
    throw invalid("Invalid PullRequest: There are no changes between the head and the base");
  }
  const head = headBranch(request, body.head);
  const git = gitOf(forge, repository);
  const branches = await git.heads([head, body.base]);
  const [headSha, baseSha] = [branches.get(head), branches.get(body.base)];
  if (baseSha === undefined) throw notFound();
  // As Forgejo 11 has it; 15 says 404.
  if (headSha === undefined) throw new ApiError(500, "");
  refuseSecond(forge, request, { head, base: body.base });
  const issueId = forge.db.transaction(() => {
    const writer = allows(request.access, "write");
    const issue = createIssue(forge.db, repository, {
      title: body.title,
      body: body.body,
      poster: user,
      isPull: true,
      due: dueOf(body.due_date),
      labels: writer ? body.labels : [],
      assignees: assignable(forge.db, repository, [body.assignee, ...body.assignees]),
    });
    const row = { issue_id: issue.id, head, base: body.base, head_sha: headSha };
    forge.db.insert("pulls", row);
    return issue.id;
  });
  await git.setRef(pullRef(getPull(forge.db, issueId).issue.number), headSha);
  return issueId;
}

function headBranch({ repository }: SignedRequest, head: string): string {
  const [owner = "", branch, ...rest] = head.split(":");
  if (branch === undefined) return owner;
  const here = owner.toLowerCase() === repository.owner_login.toLowerCase();
  if (!here || rest.length > 0) throw notFound();
  return branch;
}

/** models/issues/pull.go GetUnmergedPullRequest. */
function refuseSecond(
  forge: ForgeContext,
  { repository }: SignedRequest,
  { head, base }: { head: string; base: string },
): void {
  const other = forge.db.get<{ id: number; number: number }>(
    `SELECT pulls.id, number FROM pulls JOIN issues ON issues.id = issue_id
     WHERE repository_id = ? AND head = ? AND base = ? AND merged = 0 AND closed = 0`,
    repository.id,
    head,
    base,
  );
  if (!other) return;
  throw new ApiError(
    409,
    `pull request already exists for these targets [id: ${other.id}, issue_id: ${other.number}, head_repo_id: ${repository.id}, base_repo_id: ${repository.id}, head_branch: ${head}, base_branch: ${base}]`,
  );
}

function retarget(
  forge: ForgeContext,
  { user }: SignedRequest,
  { pull: { issue, pull }, base }: { pull: Pull; base: string },
): void {
  forge.db.update("pulls", pull.id, { base, checked_base: "" });
  const event = { type: "change_target_branch", oldRef: pull.base, newRef: base } as const;
  record(forge.db, { issue, doer: user }, event);
}

async function edit(
  forge: ForgeContext,
  request: SignedRequest,
  { pull, changes }: { pull: Pull; changes: PullChanges },
): Promise<void> {
  const { db } = forge;
  const { base } = changes;
  const moves = base !== "" && base !== pull.pull.base && !pull.pull.merged;
  if (moves && (await gitOf(forge, request.repository).branch(base)) === undefined) {
    throw notFound(`new base '${base}' not exist`);
  }
  if (moves) refuseSecond(forge, request, { head: pull.pull.head, base });
  db.transaction(() => {
    change(forge, { request, issue: pull.issue, changes });
    if (changes.labels && allows(request.access, "write")) {
      const act = { issue: pull.issue, doer: request.user };
      replaceLabels(db, act, labelsById(db, request.repository, changes.labels));
    }
    if (changes.allow_maintainer_edit !== undefined) {
      db.update("pulls", pull.pull.id, {
        maintainers_may_edit: Number(changes.allow_maintainer_edit),
      });
    }
    if (moves) retarget(forge, request, { pull, base });
  });
}
