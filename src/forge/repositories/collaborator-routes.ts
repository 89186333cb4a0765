/** Collaborators and their permission (routers/api/v1/repo/collaborators.go). */
import { Hono } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { forbidden, invalid, notFound } from "../http/api-error.ts";
import { bodyOf, type Context, type Env, enterAdmin, enterSigned, text } from "../http/request.ts";
import { userShape } from "../http/shapes.ts";
import type { UserRow } from "../store/rows.ts";
import { findUser, getUser, noSuchUser } from "../users/users.ts";
import { type AccessLevel, accessOf, allows } from "./permission.ts";
import { assignable, setCollaborator } from "./repositories.ts";

const path = "/repos/:owner/:repo/collaborators";
const Body = z.object({ permission: text.optional() });

export function collaboratorRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/repos/:owner/:repo/assignees", (c) => {
    const { repository, user } = enterSigned(c, forge);
    return c.json(assignable(forge.db, repository).map((row) => userShape(forge, row, user)));
  });
  routes.put(`${path}/:collaborator`, async (c) => {
    const { repository } = enterAdmin(c, forge);
    const user = collaborator(c, forge);
    const { permission } = await bodyOf(c, Body);
    const access = permission === undefined ? undefined : parseAccess(permission);
    setCollaborator(forge.db, repository, { user, access });
    return c.body(null, 204);
  });
  routes.delete(`${path}/:collaborator`, (c) => {
    const { repository } = enterAdmin(c, forge);
    const user = collaborator(c, forge);
    forge.db.run(
      "DELETE FROM collaborators WHERE repository_id = ? AND user_id = ?",
      repository.id,
      user.id,
    );
    return c.body(null, 204);
  });
  routes.get(`${path}/:collaborator/permission`, (c) => permissionOf(c, forge));
  return routes;
}

/** What perm.ParseAccessMode does not know changes nothing (ChangeCollaborationAccessMode). */
function parseAccess(permission: string): AccessLevel | undefined {
  return permission === "read" || permission === "write" || permission === "admin"
    ? permission
    : undefined;
}

function collaborator(c: Context, forge: ForgeContext): UserRow {
  const login = c.req.param("collaborator") ?? "";
  const user = findUser(forge.db, login);
  if (!user) throw invalid(noSuchUser(login));
  return user;
}

function permissionOf(c: Context, forge: ForgeContext) {
  const { repository, access: own, user: viewer, doer } = enterSigned(c, forge);
  const login = c.req.param("collaborator") ?? "";
  const isAdmin = viewer.admin && !doer?.repositories;
  if (!isAdmin && viewer.lower_login !== login.toLowerCase() && !allows(own, "admin")) {
    throw forbidden(
      "Only admins can query all permissions, repo admins can query all repo permissions, collaborators can query only their own",
    );
  }
  const user = findUser(forge.db, login);
  if (!user) throw notFound(noSuchUser(login));
  const access = accessOf(forge.db, repository, user);
  const owner = getUser(forge.db, repository.owner_id);
  return c.json({ permission: access, role_name: access, user: userShape(forge, user, owner) });
}
