/** Files by path (routers/api/v1/repo/file.go). */
import { Hono } from "hono";
import * as z from "zod";
import { type ForgeContext, gitOf } from "../forge.ts";
import { type Commit, readCommit } from "../git/commits.ts";
import { invalid, notFound } from "../http/api-error.ts";
import {
  bodyOf,
  type Context,
  content,
  type Env,
  enterRepository,
  enterSigned,
  mustNotBeArchived,
  type RepositoryRequest,
  type SignedRequest,
  text,
} from "../http/request.ts";
import { repositoryApiUrl, repositoryUrl } from "../http/shapes.ts";
import { identityOf } from "../pulls/merge.ts";
import { inQueue } from "../pulls/routes.ts";
import { getRepository } from "../repositories/repositories.ts";
import type { RepositoryRow } from "../store/rows.ts";
import { cleanPath, contentShape, entriesBelow, findEntry, kindOf } from "./contents.ts";
import { commitFile, type FileChange } from "./file-changes.ts";

const path = "/repos/:owner/:repo/contents";
const Identity = z.object({ name: text.default(""), email: text.default("") });

const Body = z.object({
  content: content.default(""),
  message: text.default(""),
  branch: text.default(""),
  new_branch: text.default(""),
  sha: text.default(""),
  from_path: text.default(""),
  author: Identity.optional(),
  committer: Identity.optional(),
  signoff: z.boolean().optional(),
});
type Body = z.infer<typeof Body>;

export function contentRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(path, async (c) => c.json(await read(c, forge, "")));
  routes.get(`${path}/*`, async (c) => c.json(await read(c, forge, pathOf(c))));
  routes.post(`${path}/*`, async (c) => c.json(await write(c, forge, "create"), 201));
  routes.put(`${path}/*`, async (c) => c.json(await write(c, forge, "update")));
  routes.delete(`${path}/*`, async (c) => c.json(await write(c, forge, "delete")));
  return routes;
}

function pathOf(c: Context): string {
  const [, rest = ""] = /\/contents\/(.*)$/.exec(new URL(c.req.url).pathname) ?? [];
  try {
    const clean = cleanPath(decodeURIComponent(rest));
    if (clean !== undefined) return clean;
  } catch {
    // Not even an encoded path.
  }
  throw notFound();
}

async function read(c: Context, forge: ForgeContext, wanted: string) {
  const { repository } = enterRepository(c, forge);
  const git = gitOf(forge, repository);
  const ref = c.req.query("ref") || repository.default_branch;
  const commit = await git.resolve(ref);
  if (commit === undefined && (await git.branches()).size === 0) return [];
  if (commit === undefined) throw notFound();
  const place = { commit, ref };
  const entry = wanted === "" ? undefined : await findEntry(git, commit, wanted);
  if (wanted !== "" && !entry) throw notFound();
  if (entry && kindOf(entry) !== "dir") {
    return await contentShape(forge, repository, { entry, place, whole: true });
  }
  const entries = await entriesBelow(git, commit, wanted);
  return await Promise.all(
    entries.map((one) => contentShape(forge, repository, { entry: one, place, whole: false })),
  );
}

async function write(c: Context, forge: ForgeContext, operation: FileChange["operation"]) {
  const request = enterSigned(c, forge);
  mustNotBeArchived(request);
  const change = changeOf(request, { operation, path: pathOf(c), body: await bodyOf(c, Body) });
  const sha = await inQueue(forge, request, () =>
    commitFile(forge, request.repository, { change, person: request }),
  );
  return await answer(forge, request, { change, sha });
}

function changeOf(
  { repository, user }: SignedRequest,
  { operation, path: file, body }: { operation: FileChange["operation"]; path: string; body: Body },
): FileChange {
  const own = identityOf(user);
  const identity = (given: Body["author"]) =>
    given && given.name !== "" && given.email !== "" ? given : own;
  const words = { create: "Add", update: "Update", delete: "Delete" } as const;
  return {
    operation,
    path: file,
    content: decode(body.content),
    sha: body.sha,
    fromPath: cleanPath(body.from_path) ?? "",
    branch: body.branch || repository.default_branch,
    newBranch: body.new_branch,
    message: body.message || `${words[operation]} ${file}`,
    author: identity(body.author ?? body.committer),
    committer: identity(body.committer ?? body.author),
  };
}

function decode(base64: string): Buffer {
  const bytes = Buffer.from(base64, "base64");
  const canonical = (value: string) => value.replace(/[\s=]/g, "");
  if (canonical(bytes.toString("base64")) === canonical(base64)) return bytes;
  throw invalid("illegal base64 data");
}

async function answer(
  forge: ForgeContext,
  request: RepositoryRequest,
  { change, sha }: { change: FileChange; sha: string },
) {
  const repository = getRepository(forge.db, request.repository.id);
  const git = gitOf(forge, repository);
  const place = { commit: sha, ref: change.newBranch || change.branch };
  const entry = await findEntry(git, sha, change.path);
  const content = entry
    ? await contentShape(forge, repository, { entry, place, whole: true })
    : null;
  const commit = commitShape(forge, repository, await readCommit(git, sha));
  const verification = {
    verified: false,
    reason: "gpg.error.not_signed_commit",
    signature: "",
    signer: null,
    payload: "",
  };
  return { content, commit, verification };
}

/** structs.FileCommitResponse. */
function commitShape(forge: ForgeContext, repository: RepositoryRow, commit: Commit) {
  const api = `${repositoryApiUrl(forge, repository)}/git`;
  const meta = (kind: "commits" | "trees", sha: string) => ({
    url: `${api}/${kind}/${sha}`,
    sha,
    created: commit.committer.date,
  });
  return {
    ...meta("commits", commit.sha),
    html_url: `${repositoryUrl(forge, repository)}/commit/${commit.sha}`,
    author: commit.author,
    committer: commit.committer,
    parents: commit.parents.map((sha) => meta("commits", sha)),
    message: commit.message,
    tree: meta("trees", commit.tree),
  };
}
