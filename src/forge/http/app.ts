/** All routes under one roof; turns every failure into Forgejo's error shape. */

import { Hono } from "hono";
import { toTerminalText } from "../../core/terminal-text.ts";
import { protectionRoutes } from "../branches/protection-routes.ts";
import { branchRoutes } from "../branches/routes.ts";
import type { ForgeContext } from "../forge.ts";
import { commentRoutes } from "../issues/comment-routes.ts";
import { labelRoutes } from "../issues/label-routes.ts";
import { dependencyRoutes, issueLabelRoutes } from "../issues/link-routes.ts";
import { issueRoutes } from "../issues/routes.ts";
import { pageRoutes } from "../pages/pages.ts";
import { pullContentRoutes } from "../pulls/content-routes.ts";
import { mergeRoutes } from "../pulls/merge-routes.ts";
import { pullRoutes } from "../pulls/routes.ts";
import { collaboratorRoutes } from "../repositories/collaborator-routes.ts";
import { repositoryRoutes } from "../repositories/routes.ts";
import { reviewCommentRoutes } from "../reviews/comment-routes.ts";
import { reviewRoutes } from "../reviews/routes.ts";
import { statusRoutes } from "../statuses/routes.ts";
import { adminRoutes } from "../users/admin-routes.ts";
import type { Doer } from "../users/authentication.ts";
import { oauthApplicationRoutes } from "../users/oauth-application-routes.ts";
import { userRoutes } from "../users/routes.ts";
import { findUser } from "../users/users.ts";
import { ApiError, notFound } from "./api-error.ts";
import type { Context, Env } from "./request.ts";

/** The Forgejo whose manners this forge has; the rest says that it is none. */
const version = "11.0.0+disinto-embedded";

const parts = [
  userRoutes,
  adminRoutes,
  repositoryRoutes,
  collaboratorRoutes,
  labelRoutes,
  commentRoutes,
  issueLabelRoutes,
  dependencyRoutes,
  issueRoutes,
  branchRoutes,
  protectionRoutes,
  pullContentRoutes,
  pullRoutes,
  mergeRoutes,
  reviewRoutes,
  reviewCommentRoutes,
  statusRoutes,
  oauthApplicationRoutes,
];

export function createApp(forge: ForgeContext): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, c) => sendError(c, forge, error));
  app.notFound((c) => sendError(c, forge, notFound()));
  app.get("/api/healthz", (c) => c.json({ status: "pass", description: "disinto", checks: {} }));
  app.use(async (c, next) => {
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Cache-Control", "max-age=0, private, must-revalidate, no-transform");
    c.set("doer", await identify(c, forge));
    await next();
  });
  app.get("/api/v1/version", (c) => c.json({ version }));
  for (const part of parts) app.route("/api/v1", part(forge));
  app.route("/", pageRoutes(forge));
  return app;
}

async function identify(c: Context, forge: ForgeContext): Promise<Doer | undefined> {
  const doer = await forge.authentication.identify({
    authorization: c.req.header("authorization"),
    address: c.env.incoming.socket.remoteAddress,
    queryToken: c.req.query("token") ?? c.req.query("access_token"),
  });
  if (doer) mayUseApi(forge, doer);
  const other = c.req.query("sudo") || c.req.header("sudo");
  return other ? actAs(forge, doer, other) : doer;
}

/** sudo of routers/api/v1/api.go: a site administrator asks as somebody else. */
function actAs(forge: ForgeContext, doer: Doer | undefined, login: string): Doer {
  const message = "Only administrators allowed to sudo.";
  if (!doer?.user.admin) throw new ApiError(403, message, { message });
  const user = findUser(forge.db, login);
  if (!user) throw notFound();
  return { ...doer, user };
}

/** verifyAuthWithOptions of routers/api/shared/middleware.go; these bodies have no url. */
function mayUseApi(forge: ForgeContext, { user }: Doer): void {
  const refuse = (message: string) => new ApiError(403, message, { message });
  if (!user.active || user.prohibit_login) {
    throw refuse(
      "This account is prohibited from signing in, please contact your site administrator.",
    );
  }
  if (user.must_change_password) {
    throw refuse(`You must change your password. Change it at: ${forge.url}/user/change_password`);
  }
}

function sendError(c: Context, forge: ForgeContext, error: Error): Response {
  if (!(error instanceof ApiError)) return unexpected(c, forge, error);
  if (error.body === null) return c.body(null, error.status);
  const url = `${forge.url}/api/swagger`;
  if (error.status === 404) {
    return c.json({ message: error.message, url, errors: [], ...error.body }, 404);
  }
  return c.json(error.body ?? { message: error.message, url }, error.status);
}

/** A bug: the log gets it, the caller gets no word of it. */
function unexpected(c: Context, forge: ForgeContext, error: Error): Response {
  const line = `forge: ${c.req.method} ${c.req.path}: ${error.stack ?? error.message}`;
  process.stderr.write(`${toTerminalText(line)}\n`);
  return c.json({ message: "", url: `${forge.url}/api/swagger` }, 500);
}
