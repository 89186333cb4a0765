/** Commit statuses (routers/api/v1/repo/status.go). */
import { Hono } from "hono";
import * as z from "zod";
import { type ForgeContext, gitOf } from "../forge.ts";
import { ApiError, notFound } from "../http/api-error.ts";
import { countHeader, cut, pageHeaders, pageOf } from "../http/paging.ts";
import {
  bodyOf,
  type Context,
  type Env,
  enterRepository,
  enterWriter,
  text,
} from "../http/request.ts";
import { combinedShape, statusShape } from "../pulls/shapes.ts";
import type { RepositoryRow } from "../store/rows.ts";
import { createStatus, latestStatuses, listStatuses } from "./statuses.ts";

const path = "/repos/:owner/:repo";
const NewStatus = z.object({
  state: z.enum(["pending", "success", "error", "failure", "warning"]),
  context: text.default(""),
  target_url: text.default(""),
  description: text.default(""),
});

export function statusRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.post(`${path}/statuses/:sha`, async (c) => {
    const { repository, user } = enterWriter(c, forge);
    const body = await bodyOf(c, NewStatus);
    const sha = await commitParameter(c, forge, { repository, name: "sha" });
    // As Forgejo 11 has it; 15 says 404.
    if (sha === undefined) throw new ApiError(500, "");
    const { context, state, description, target_url: targetUrl } = body;
    const status = { sha, context, state, description, targetUrl, creator: user };
    const row = createStatus(forge.db, repository, status);
    if (!row) throw notFound();
    return c.json(statusShape(forge, repository, row), 201);
  });
  routes.get(`${path}/commits/:ref/statuses`, async (c) => {
    await mustHaveCommits(forge, enterRepository(c, forge));
    return await list(c, forge);
  });
  routes.get(`${path}/commits/:ref/status`, async (c) => {
    const { repository, user } = enterRepository(c, forge);
    await mustHaveCommits(forge, { repository });
    const sha = await commitParameter(c, forge, { repository, name: "ref" });
    const statuses = latestStatuses(forge.db, repository, sha ?? "");
    if (statuses.length > 0) countHeader(c, statuses.length);
    const shown = cut(statuses.toReversed(), pageOf(c)).toReversed();
    return c.json(combinedShape(forge, repository, { statuses: shown, viewer: user }));
  });
  return routes;
}

/** Fails in an empty repository, where these routes are empty for an unknown commit (services/context RepoRefForAPI). */
async function mustHaveCommits(
  forge: ForgeContext,
  { repository }: { repository: RepositoryRow },
): Promise<void> {
  if ((await gitOf(forge, repository).branches()).size === 0) throw new ApiError(500, "");
}

async function commitParameter(
  c: Context,
  forge: ForgeContext,
  { repository, name }: { repository: RepositoryRow; name: string },
): Promise<string | undefined> {
  return await gitOf(forge, repository).resolve(c.req.param(name) ?? "");
}

async function list(c: Context, forge: ForgeContext) {
  const { repository } = enterRepository(c, forge);
  const { statuses, total } = listStatuses(forge.db, repository, {
    sha: (await commitParameter(c, forge, { repository, name: "ref" })) ?? "",
    state: c.req.query("state") ?? "",
    sort: c.req.query("sort") ?? "",
    page: pageOf(c),
  });
  pageHeaders(c, forge, total);
  return c.json(statuses.map((status) => statusShape(forge, repository, status)));
}
