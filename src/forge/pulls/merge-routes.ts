/** Merging (MergePullRequest of routers/api/v1/repo/pull.go). */
import { Hono } from "hono";
import * as z from "zod";
import { deleteBranch } from "../branches/routes.ts";
import type { ForgeContext } from "../forge.ts";
import { forbidden } from "../http/api-error.ts";
import {
  bodyOf,
  type Env,
  enterSigned,
  mustNotBeArchived,
  type SignedRequest,
  text,
} from "../http/request.ts";
import { allows } from "../repositories/permission.ts";
import { mergeStyles } from "../repositories/repositories.ts";
import { mergePull } from "./merge.ts";
import { openPulls, type Pull } from "./pulls.ts";
import { inQueue, pullParameter } from "./routes.ts";

const path = "/repos/:owner/:repo/pulls/:index/merge";

const Merge = z.object({
  Do: z.enum(mergeStyles),
  MergeTitleField: text.default(""),
  MergeMessageField: text.default(""),
  MergeCommitID: text.optional(),
  head_commit_id: text.default(""),
  force_merge: z.boolean().default(false),
  merge_when_checks_succeed: z.literal(false).optional(),
  delete_branch_after_merge: z.boolean().default(false),
});

export function mergeRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.post(path, async (c) => {
    const request = enterSigned(c, forge);
    mustNotBeArchived(request);
    const { issue } = pullParameter(c, forge, request);
    const body = await bodyOf(c, Merge);
    await inQueue(forge, request, async () => {
      const pull = await merge(forge, request, { issueId: issue.id, body });
      if (body.delete_branch_after_merge) await deleteHead(forge, request, pull);
    });
    return c.body(null, 200);
  });
  return routes;
}

async function merge(
  forge: ForgeContext,
  { repository, user, access }: SignedRequest,
  { issueId, body }: { issueId: number; body: z.infer<typeof Merge> },
): Promise<Pull> {
  const request = {
    style: body.Do,
    headSha: body.head_commit_id,
    title: body.MergeTitleField,
    message: body.MergeMessageField,
    merger: { user, access, force: body.force_merge },
  };
  return await mergePull(forge, repository, { issueId, request });
}

/** Stays where another open pull request still comes from it (services/repository/branch.go). */
async function deleteHead(
  forge: ForgeContext,
  { repository, access, user }: SignedRequest,
  { pull }: Pull,
): Promise<void> {
  if (openPulls(forge.db, repository).some((other) => other.pull.head === pull.head)) return;
  if (!allows(access, "write")) throw forbidden("insufficient permission to delete head branch");
  if (pull.head === repository.default_branch) {
    throw forbidden("the head branch is the default branch");
  }
  await deleteBranch(forge, repository, { name: pull.head, doer: user });
}
