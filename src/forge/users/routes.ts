/** The user who asks, other users, and access tokens (routers/api/v1/user). Nobody has keys here, nor a second address. */
import { Hono } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { ApiError, forbidden, notFound } from "../http/api-error.ts";
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
  userParameter,
} from "../http/request.ts";
import { tokenShape, userShape } from "../http/shapes.ts";
import { accessBy } from "../repositories/permission.ts";
import { findRepository } from "../repositories/repositories.ts";
import type { TokenRow, UserRow } from "../store/rows.ts";
import { createToken } from "./users.ts";

const NewToken = z.object({
  name: required,
  scopes: z.array(text).default([]),
  repositories: z.array(z.object({ owner: required, name: required })).optional(),
});

export function userRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/user", (c) => {
    requireScopes(c, "user");
    const { user } = signedIn(c);
    return c.json(userShape(forge, user, user));
  });
  for (const path of ["/user/keys", "/user/gpg_keys"]) {
    routes.get(path, (c) => {
      requireScopes(c, "user");
      signedIn(c);
      countHeader(c, 0);
      return c.json([]);
    });
  }
  routes.get("/user/emails", (c) => {
    requireScopes(c, "user");
    const { email } = signedIn(c).user;
    return c.json([{ email, verified: true, primary: true, user_id: 0, username: "" }]);
  });
  routes.get("/users/:username", (c) => {
    requireScopes(c, "user");
    const user = userParameter(c, forge);
    const viewer = c.get("doer")?.user;
    if (isHidden(user, viewer)) throw notFound();
    return c.json(userShape(forge, user, viewer));
  });
  routes.get("/users/:username/tokens", (c) => {
    const tokens = tokensOf(forge, selfOrAdmin(c, forge));
    countHeader(c, tokens.length);
    return c.json(cut(tokens, pageOf(c)).map((row) => tokenShape(forge, row)));
  });
  routes.post("/users/:username/tokens", async (c) => {
    const owner = tokenOwner(c, forge);
    const { repositories: names, ...wanted } = await bodyOf(c, NewToken);
    const repositories = names?.map((name) => reachable(c, forge, name));
    const { row, token } = createToken(forge.db, owner, { ...wanted, repositories });
    return c.json(tokenShape(forge, row, token), 201);
  });
  routes.delete("/users/:username/tokens/:id", (c) => {
    removeToken(forge, tokenOwner(c, forge), c);
    return c.body(null, 204);
  });
  return routes;
}

/** What the caller may not see does not exist. */
function reachable(c: Context, forge: ForgeContext, { owner, name }: RepositoryName) {
  const repository = findRepository(forge.db, owner, name);
  if (repository && accessBy(forge.db, repository, c.get("doer")) !== "none") return repository;
  throw new ApiError(400, `repository ${owner}/${name} does not exist`);
}

interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

/** individualPermsChecker of routers/api/v1/api.go. */
function isHidden(user: UserRow, viewer: UserRow | undefined): boolean {
  if (user.visibility === "private") return viewer?.id !== user.id && viewer?.admin !== 1;
  return user.visibility === "limited" && viewer === undefined;
}

/** No bearer token makes or removes tokens (reqBasicOrRevProxyAuth); it may list them. */
function tokenOwner(c: Context, forge: ForgeContext): UserRow {
  const owner = selfOrAdmin(c, forge);
  if (!c.get("doer")?.basic) throw new ApiError(401, "auth required");
  return owner;
}

/** reqSelfOrAdmin of routers/api/v1/api.go. */
function selfOrAdmin(c: Context, forge: ForgeContext): UserRow {
  requireScopes(c, "user");
  const owner = userParameter(c, forge);
  const doer = c.get("doer");
  if (!doer || (doer.user.id !== owner.id && !doer.user.admin)) {
    throw forbidden("doer should be the site admin or be same as the contextUser");
  }
  return owner;
}

function tokensOf(forge: ForgeContext, owner: UserRow): TokenRow[] {
  return forge.db.all<TokenRow>("SELECT * FROM tokens WHERE user_id = ? ORDER BY id", owner.id);
}

/** Finds the token by id or by name. */
function removeToken(forge: ForgeContext, owner: UserRow, c: Context): void {
  const wanted = c.req.param("id") ?? "";
  const id = numberParameter(c, "id");
  const token = tokensOf(forge, owner).find((row) =>
    id > 0 ? row.id === id : row.name === wanted,
  );
  if (!token) throw notFound();
  forge.db.run("DELETE FROM tokens WHERE id = ?", token.id);
}
