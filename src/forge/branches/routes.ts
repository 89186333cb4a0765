/** Branches (routers/api/v1/repo/branch.go). A branch's name may hold slashes. */
import { Hono } from "hono";
import { type ForgeContext, gitOf } from "../forge.ts";
import { readCommit } from "../git/commits.ts";
import { type ApiError, forbidden, notFound } from "../http/api-error.ts";
import { type Context, type Env, enterRepository } from "../http/request.ts";
import { refreshPulls } from "../pulls/pulls.ts";
import { branchShape } from "../pulls/shapes.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";
import { protectionOf } from "./protections.ts";

const path = "/repos/:owner/:repo/branches";

export function branchRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(`${path}/*`, async (c) => {
    const { repository, user } = enterRepository(c, forge);
    return c.json(await shapeOf(forge, repository, { name: restOf(c), viewer: user }));
  });
  return routes;
}

/** What follows `/branches/`. */
function restOf(c: Context): string {
  const [, rest = ""] = /\/branches\/(.*)$/.exec(new URL(c.req.url).pathname) ?? [];
  try {
    return decodeURIComponent(rest);
  } catch {
    return "";
  }
}

async function shapeOf(
  forge: ForgeContext,
  repository: RepositoryRow,
  { name, viewer }: { name: string; viewer: Parameters<typeof branchShape>[2]["viewer"] },
) {
  const git = gitOf(forge, repository);
  const sha = await git.branch(name);
  if (sha === undefined) throw noBranch(name);
  return branchShape(forge, repository, { name, commit: await readCommit(git, sha), viewer });
}

function noBranch(name: string): ApiError {
  return notFound(undefined, [`branch does not exist [name: ${name}]`]);
}

/** services/repository/branch.go DeleteBranch: not the default one, not a protected one. */
export async function deleteBranch(
  forge: ForgeContext,
  repository: RepositoryRow,
  { name, doer }: { name: string; doer: UserRow },
): Promise<void> {
  if (repository.empty) throw notFound("Git Repository is empty.");
  if (name === repository.default_branch) throw forbidden("can not delete default branch");
  if (protectionOf(forge.db, repository, name)) throw forbidden("branch protected");
  const git = gitOf(forge, repository);
  if ((await git.branch(name)) === undefined) throw noBranch(name);
  await git.deleteRef(`refs/heads/${name}`);
  await refreshPulls(forge, repository, { doer });
}
