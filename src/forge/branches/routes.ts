/** Branches (routers/api/v1/repo/branch.go). A branch's name may hold slashes. */
import { Hono } from "hono";
import * as z from "zod";
import { type ForgeContext, gitOf } from "../forge.ts";
import { readCommit, readEach } from "../git/commits.ts";
import { isBranchName, noCommit } from "../git/repository.ts";
import { ApiError, forbidden, invalid, notFound } from "../http/api-error.ts";
import { cut, pageHeaders, pageOf } from "../http/paging.ts";
import {
  bodyOf,
  type Context,
  type Env,
  enterRepository,
  enterWriter,
  required,
  text,
} from "../http/request.ts";
import { refreshPulls } from "../pulls/pulls.ts";
import { branchShape } from "../pulls/shapes.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";
import { protectionOf } from "./protections.ts";

const path = "/repos/:owner/:repo/branches";
const NewBranch = z.object({
  new_branch_name: required.max(100, "MaxSize"),
  old_branch_name: text.max(100, "MaxSize").default(""),
  old_ref_name: text.max(100, "MaxSize").default(""),
});

export function branchRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(path, async (c) => {
    const { repository, user } = enterRepository(c, forge);
    const git = gitOf(forge, repository);
    const all = [...(await git.branches())];
    const shown = cut(all, pageOf(c));
    const commits = await readEach(
      git,
      shown.map(([, sha]) => sha),
    );
    pageHeaders(c, forge, all.length);
    const shapes = shown.flatMap(([name, sha]) => {
      const commit = commits.get(sha);
      return commit ? [branchShape(forge, repository, { name, commit, viewer: user })] : [];
    });
    return c.json(shapes);
  });
  routes.post(path, async (c) => {
    const { repository, user } = enterWriter(c, forge);
    const name = await createBranch(forge, repository, await bodyOf(c, NewBranch));
    return c.json(await shapeOf(forge, repository, { name, viewer: user }), 201);
  });
  routes.get(`${path}/*`, async (c) => {
    const { repository, user } = enterRepository(c, forge);
    return c.json(await shapeOf(forge, repository, { name: restOf(c), viewer: user }));
  });
  routes.delete(`${path}/*`, async (c) => {
    const { repository, user } = enterWriter(c, forge);
    const deletion = { name: restOf(c), doer: user };
    await forge.queue.run(repository.id, () => deleteBranch(forge, repository, deletion));
    return c.body(null, 204);
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

async function createBranch(
  forge: ForgeContext,
  repository: RepositoryRow,
  body: z.infer<typeof NewBranch>,
): Promise<string> {
  if (repository.empty) throw new ApiError(404, "Git Repository is empty.");
  if (!isBranchName(body.new_branch_name)) throw invalid("[BranchName]: GitRefName");
  const git = gitOf(forge, repository);
  const from = body.old_ref_name
    ? await git.resolve(body.old_ref_name)
    : await git.branch(body.old_branch_name || repository.default_branch);
  if (from === undefined) throw new ApiError(404, "The old branch does not exist");
  const ref = `refs/heads/${body.new_branch_name}`;
  if (!(await git.compareAndSwap(ref, { from: noCommit, to: from }))) {
    throw new ApiError(409, "The branch already exists.");
  }
  return body.new_branch_name;
}
