/** A plain page per issue and pull request, for people. Everything that came from outside is escaped. */
import { Hono } from "hono";
import { html, raw } from "hono/html";
import type { ForgeContext } from "../forge.ts";
import type { Context, Env } from "../http/request.ts";
import { iso } from "../http/shapes.ts";
import { labelsOf } from "../issues/issue-labels.ts";
import { assigneesOf, findIssue } from "../issues/issues.ts";
import { getPull, type Pull } from "../pulls/pulls.ts";
import { accessBy } from "../repositories/permission.ts";
import { findRepository } from "../repositories/repositories.ts";
import { reviewsOf } from "../reviews/reviews.ts";
import type { CommentRow, IssueRow, RepositoryRow } from "../store/rows.ts";
import { getUser } from "../users/users.ts";

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { margin: .2rem 0 .6rem; font-size: 1.6rem; line-height: 1.25; }
small, .facts { color: #666; font-weight: normal; }
.state { padding: .15rem .7rem; border-radius: 1rem; color: #fff; background: #2c7a3f; }
.state.closed { background: #b3372f; }
.state.merged { background: #6b46a8; }
.label { padding: .05rem .5rem; border: 1px solid #bbb; border-radius: 1rem; font-size: .85rem; }
section { margin: 1rem 0; border: 1px solid #ddd; border-radius: .4rem; }
section h2 { margin: 0; padding: .4rem .8rem; font-size: 1rem; background: #8881; }
pre { margin: 0; padding: .6rem .8rem; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { body { background: #181a1c; color: #ddd; } section { border-color: #444; } }
`;

export function pageRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/:owner/:repo/:kind{issues|pulls}/:index{[0-9]+}", (c) => page(c, forge));
  return routes;
}

function page(c: Context, forge: ForgeContext) {
  const { owner = "", repo = "", index = "" } = c.req.param() as Record<string, string>;
  const repository = findRepository(forge.db, owner, repo);
  const viewer = c.get("doer");
  const issue = repository && findIssue(forge.db, repository, Number(index));
  if (!repository || !issue || accessBy(forge.db, repository, viewer) === "none") {
    return c.html(html`<!doctype html><title>Not found</title><h1>Not found</h1>`, 404);
  }
  c.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  return c.html(issuePage(forge, repository, issue));
}

function issuePage(forge: ForgeContext, repository: RepositoryRow, issue: IssueRow) {
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
        <p class="facts">
          <span class="state ${stateOf(issue, pull)}">${stateOf(issue, pull)}</span>
          by ${poster.login} · ${iso(issue.created)}
          ${labels.map((label) => html`<span class="label">${label}</span> `)}
          ${assignees.length > 0 ? ` · assigned to ${assignees.join(", ")}` : ""}
        </p>
        ${pull ? html`<p>${pull.pull.head} → ${pull.pull.base} ${mergedAs(pull)}</p>` : ""}
        ${issue.body === "" ? "" : html`<section><pre>${issue.body}</pre></section>`}
        ${pull ? reviewList(forge, pull) : ""} ${commentList(forge, issue)}
      </body>
    </html>`;
}

function stateOf(issue: IssueRow, pull: Pull | undefined): string {
  if (pull?.pull.merged) return "merged";
  return issue.closed ? "closed" : "open";
}

function mergedAs({ pull }: Pull) {
  return pull.merged ? html`<small>as ${pull.merge_commit.slice(0, 10)}</small>` : "";
}

const verdicts: Readonly<Record<string, string>> = {
  APPROVED: "approved",
  REQUEST_CHANGES: "requests changes",
  COMMENT: "comments",
};

function reviewList(forge: ForgeContext, pull: Pull) {
  return reviewsOf(forge.db, pull)
    .filter(({ state }) => state !== "PENDING")
    .map(
      (review) =>
        html`<section>
          <h2>
            ${getUser(forge.db, review.reviewer_id).login}: ${verdicts[review.state]}
            <small>${review.commit_sha.slice(0, 10)} ${review.stale ? "stale" : ""}</small>
          </h2>
          ${review.body === "" ? "" : html`<pre>${review.body}</pre>`}
        </section>`,
    );
}

function commentList(forge: ForgeContext, issue: IssueRow) {
  return forge.db
    .all<CommentRow>(
      "SELECT * FROM comments WHERE issue_id = ? AND type = 'comment' ORDER BY id",
      issue.id,
    )
    .map(
      (comment) =>
        html`<section>
          <h2>
            ${getUser(forge.db, comment.poster_id).login} <small>${iso(comment.created)}</small>
          </h2>
          <pre>${comment.body}</pre>
        </section>`,
    );
}
