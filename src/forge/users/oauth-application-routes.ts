/** A user's own OAuth applications (routers/api/v1/user/app.go). */
import { Hono } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { notFound } from "../http/api-error.ts";
import { countHeader, cut, pageOf } from "../http/paging.ts";
import {
  bodyOf,
  type Context,
  type Env,
  numberParameter,
  required,
  requireScopes,
  signedIn,
  text,
} from "../http/request.ts";
import type { UserRow } from "../store/rows.ts";
import {
  applicationShape,
  changeApplication,
  createApplication,
  findApplication,
  listApplications,
} from "./oauth-applications.ts";

const path = "/user/applications/oauth2";
const Options = z.object({
  name: required,
  confidential_client: z.boolean().default(false),
  redirect_uris: z.array(text).min(1, "Required"),
});

export function oauthApplicationRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(path, (c) => {
    const all = listApplications(forge.db, owner(c));
    countHeader(c, all.length);
    return c.json(cut(all, pageOf(c)).map((row) => applicationShape(row)));
  });
  routes.post(path, async (c) => {
    const user = owner(c);
    const { application, secret } = createApplication(forge.db, user, await bodyOf(c, Options));
    if (!application) throw notFound();
    return c.json(applicationShape(application, secret), 201);
  });
  routes.get(`${path}/:id`, (c) => c.json(applicationShape(applicationParameter(c, forge))));
  routes.patch(`${path}/:id`, async (c) => {
    const { id } = applicationParameter(c, forge);
    const secret = changeApplication(forge.db, id, await bodyOf(c, Options));
    return c.json(applicationShape(applicationParameter(c, forge), secret));
  });
  routes.delete(`${path}/:id`, (c) => {
    const { id } = applicationParameter(c, forge);
    forge.db.run("DELETE FROM oauth_applications WHERE id = ?", id);
    return c.body(null, 204);
  });
  return routes;
}

function owner(c: Context): UserRow {
  requireScopes(c, "user");
  return signedIn(c).user;
}

function applicationParameter(c: Context, forge: ForgeContext) {
  const application = findApplication(forge.db, owner(c), numberParameter(c, "id"));
  if (!application) throw notFound();
  return application;
}
