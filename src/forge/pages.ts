/** A plain page per issue and pull request, for people. Everything that came from outside is escaped. */
import { Hono } from "hono";
import { html, raw } from "hono/html";
import type { Forge } from "./forge.ts";
import { assigneesOf, findIssue, labelsOf } from "./issues.ts";
import { accessOf } from "./permission.ts";
import { getPull, type Pull } from "./pulls.ts";
import { findRepository } from "./repositories.ts";
import type { Context, Env } from "./request.ts";
import { reviewsOf } from "./reviews.ts";
import type { CommentRow, IssueRow, RepositoryRow } from "./rows.ts";
import { iso } from "./shapes.ts";
import { getUser } from "./users.ts";

const style =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;background:#8881;padding:.7rem;border-radius:.3rem}small{color:#777}";

export function pageRoutes(forge: Forge): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/:owner/:repo/:kind{issues|pulls}/:index{[0-9]+}", (c) => page(c, forge));
  return routes;
}

function page(c: Context, forge: Forge) {
  const { owner = "", repo = "", index = "" } = c.req.param() as Record<string, string>;
  const repository = findRepository(forge.db, owner, repo);
  const viewer = c.get("doer")?.user;
  const issue = repository && findIssue(forge.db, repository, Number(index));
  if (!repository || !issue || accessOf(forge.db, repository, viewer) === "none") {
    return c.html(html`<!doctype html><title>Not found</title><h1>Not found</h1>`, 404);
  }
  c.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  return c.html(issuePage(forge, repository, issue));
}

function issuePage(forge: Forge, repository: RepositoryRow, issue: IssueRow) {
  const poster = getUser(forge.db, issue.poster_id);
  const labels = labelsOf(forge.db, issue).map(({ name }) => name);
  const assignees = assigneesOf(forge.db, issue).map(({ login }) => login);
  const pull = issue.is_pull ? getPull(forge.db, issue.id) : undefined;
  const address = `${repository.owner_login}/${repository.name}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${issue.title} · #${issue.number} · ${address}</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <small>${address}</small>
        <h1>${issue.title} <small>#${issue.number}</small></h1>
        <p>
          <b>${stateOf(issue, pull)}</b> · by ${poster.login} · ${iso(issue.created)}
          ${labels.length > 0 ? ` · labels: ${labels.join(", ")}` : ""}
          ${assignees.length > 0 ? ` · assigned to ${assignees.join(", ")}` : ""}
        </p>
        ${pull ? html`<p>${pull.pull.head} → ${pull.pull.base}</p>` : ""}
        <pre>${issue.body}</pre>
        ${pull ? reviewList(forge, pull) : ""} ${commentList(forge, issue)}
      </body>
    </html>`;
}

function stateOf(issue: IssueRow, pull: Pull | undefined): string {
  if (pull?.pull.merged) return `merged as ${pull.pull.merge_commit.slice(0, 10)}`;
  return issue.closed ? "closed" : "open";
}

function reviewList(forge: Forge, pull: Pull) {
  return reviewsOf(forge.db, pull)
    .filter(({ state }) => state !== "PENDING")
    .map(
      (review) =>
        html`<h3>
            ${getUser(forge.db, review.reviewer_id).login}: ${review.state}
            <small>${review.commit_sha.slice(0, 10)} ${review.stale ? "stale" : ""}</small>
          </h3>
          <pre>${review.body}</pre>`,
    );
}

function commentList(forge: Forge, issue: IssueRow) {
  return forge.db
    .all<CommentRow>("SELECT * FROM comments WHERE issue_id = ? ORDER BY id", issue.id)
    .map(
      (comment) =>
        html`<h3>
            ${getUser(forge.db, comment.poster_id).login} <small>${iso(comment.created)}</small>
          </h3>
          <pre>${comment.body}</pre>`,
    );
}
