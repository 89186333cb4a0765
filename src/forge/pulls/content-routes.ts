/** The files that a pull request changes. */
import { Hono } from "hono";
import { type ForgeContext, gitOf } from "../forge.ts";
import { type FileChange, fileChanges } from "../git/commits.ts";
import { notFound } from "../http/api-error.ts";
import { cut, pageHeaders, pageOf } from "../http/paging.ts";
import {
  type Context,
  type Env,
  enterRepository,
  numberParameter,
  type RepositoryRequest,
} from "../http/request.ts";
import { repositoryApiUrl, repositoryUrl } from "../http/shapes.ts";
import type { RepositoryRow } from "../store/rows.ts";
import { findPull, type Pull, refreshedPull } from "./pulls.ts";
import { inQueue } from "./routes.ts";

const path = "/repos/:owner/:repo/pulls";

export function pullContentRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(`${path}/:index/files`, async (c) => {
    const request = enterRepository(c, forge);
    const { pull } = await refreshedPullParameter(forge, request, numberParameter(c, "index"));
    const ends = { from: pull.merge_base, to: pull.head_sha, renames: true };
    const files = await fileChanges(gitOf(forge, request.repository), ends);
    countPages(c, forge, files.length);
    return c.json(
      cut(files, pageOf(c)).map((file) =>
        fileShape(forge, request.repository, { file, head: pull.head_sha }),
      ),
    );
  });
  return routes;
}

async function refreshedPullParameter(
  forge: ForgeContext,
  request: RepositoryRequest,
  number: number,
): Promise<Pull> {
  const { repository } = request;
  const found = findPull(forge.db, repository, number);
  if (!found) throw notFound();
  const work = () => refreshedPull(forge, repository, found.issue.id);
  return (await inQueue(forge, request, work)).pull;
}

function countPages(c: Context, forge: ForgeContext, total: number): void {
  const page = pageOf(c);
  const pages = Math.ceil(total / page.size);
  pageHeaders(c, forge, total);
  c.header("X-Page", String(page.number));
  c.header("X-PerPage", String(page.size));
  c.header("X-PageCount", String(pages));
  c.header("X-HasMore", String(page.number < pages));
}

const words: Readonly<Record<string, string>> = { A: "added", D: "deleted", R: "renamed" };

/** services/convert/convert.go ToChangedFile. */
function fileShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  { file, head }: { file: FileChange; head: string },
) {
  const name = file.filename.split("/").map(encodeURIComponent).join("/");
  const page = repositoryUrl(forge, repository);
  const changes = file.additions + file.deletions;
  const status = words[file.status] ?? (changes === 0 ? "unchanged" : "changed");
  return {
    filename: file.filename,
    ...(file.previous !== "" && { previous_filename: file.previous }),
    status,
    additions: file.additions,
    deletions: file.deletions,
    changes,
    html_url: `${page}/src/commit/${head}/${name}`,
    contents_url: `${repositoryApiUrl(forge, repository)}/contents/${name}?ref=${head}`,
    raw_url: `${page}/raw/commit/${head}/${name}`,
  };
}
