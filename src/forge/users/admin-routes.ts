/** What only site administrators may do (routers/api/v1/admin/user.go). */
import { Hono } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { invalid } from "../http/api-error.ts";
import { pageHeaders, pageOf } from "../http/paging.ts";
import {
  bodyOf,
  type Env,
  int,
  required,
  siteAdmin,
  text,
  userParameter,
} from "../http/request.ts";
import { userShape } from "../http/shapes.ts";
import { bit, type Value } from "../store/database.ts";
import type { UserRow } from "../store/rows.ts";
import {
  changePassword,
  createUser,
  deleteUser,
  findUserByEmail,
  getUser,
  requireOtherAdministrator,
} from "./users.ts";

const visibility = z.enum(["", "public", "limited", "private"]);

const NewUser = z.object({
  username: required.max(40, "MaxSize"),
  email: required.max(254, "MaxSize"),
  password: text.max(255, "MaxSize").default(""),
  full_name: text.max(100, "MaxSize").default(""),
  must_change_password: z.boolean().default(true),
  restricted: z.boolean().default(false),
  visibility: visibility.default(""),
  send_notify: z.boolean().optional(),
  source_id: int.optional(),
  login_name: text.optional(),
});

const UserChanges = z.object({
  source_id: int.optional(),
  login_name: text.optional(),
  email: text.max(254, "MaxSize").optional(),
  full_name: text.max(100, "MaxSize").optional(),
  password: text.max(255, "MaxSize").optional(),
  must_change_password: z.boolean().optional(),
  website: text.max(255, "MaxSize").optional(),
  location: text.max(50, "MaxSize").optional(),
  pronouns: text.max(50, "MaxSize").optional(),
  description: text.max(255, "MaxSize").optional(),
  active: z.boolean().optional(),
  admin: z.boolean().optional(),
  max_repo_creation: int.optional(),
  prohibit_login: z.boolean().optional(),
  allow_create_organization: z.boolean().optional(),
  restricted: z.boolean().optional(),
  visibility: visibility.optional(),
});
type UserChanges = z.infer<typeof UserChanges>;

export function adminRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/admin/users", (c) => {
    const { user } = siteAdmin(c);
    const page = pageOf(c);
    // Not the ghost, who has no password and is no account.
    const users = forge.db.all<UserRow>(
      "SELECT * FROM users WHERE password_hash <> '' ORDER BY lower_login LIMIT ? OFFSET ?",
      page.size,
      page.offset,
    );
    const counted = forge.db.get<{ total: number }>(
      "SELECT COUNT(*) AS total FROM users WHERE password_hash <> ''",
    );
    pageHeaders(c, forge, counted?.total ?? 0);
    return c.json(users.map((row) => userShape(forge, row, user)));
  });
  routes.post("/admin/users", async (c) => {
    const { user: viewer } = siteAdmin(c);
    const body = await bodyOf(c, NewUser);
    const user = await createUser(forge.db, {
      login: body.username,
      email: body.email,
      loginName: body.login_name,
      password: body.password,
      fullName: body.full_name,
      restricted: body.restricted,
      visibility: body.visibility,
      mustChangePassword: body.must_change_password,
    });
    return c.json(userShape(forge, user, viewer), 201);
  });
  routes.patch("/admin/users/:username", async (c) => {
    const { user: viewer } = siteAdmin(c);
    const user = userParameter(c, forge);
    await changeUser(forge, user, await bodyOf(c, UserChanges));
    return c.json(userShape(forge, getUser(forge.db, user.id), viewer));
  });
  routes.delete("/admin/users/:username", (c) => {
    const { user: viewer } = siteAdmin(c);
    const user = userParameter(c, forge);
    if (user.id === viewer.id) throw invalid("you cannot delete yourself");
    deleteUser(forge.db, user);
    return c.body(null, 204);
  });
  return routes;
}

async function changeUser(forge: ForgeContext, user: UserRow, changes: UserChanges): Promise<void> {
  if ((changes.source_id === undefined) !== (changes.login_name === undefined)) {
    throw invalid("source_id and login_name must be specified together");
  }
  if (changes.email !== undefined) checkEmail(forge, user, changes.email);
  if (changes.admin === false && user.admin) requireOtherAdministrator(forge.db, user);
  if (changes.password) {
    const mustChange = changes.must_change_password ?? user.must_change_password === 1;
    await changePassword(forge.db, user, { password: changes.password, mustChange });
  }
  forge.db.update("users", user.id, columnsOf(changes));
}

function checkEmail(forge: ForgeContext, user: UserRow, email: string): void {
  const owner = findUserByEmail(forge.db, email);
  if (owner && owner.id !== user.id) throw invalid(`e-mail already in use [email: ${email}]`);
}

function columnsOf(changes: UserChanges): Record<string, Value> {
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : bit(value));
  const columns: Readonly<Record<string, Value | undefined>> = {
    email: changes.email,
    login_name: changes.login_name,
    full_name: changes.full_name,
    website: changes.website,
    location: changes.location,
    pronouns: changes.pronouns,
    description: changes.description,
    visibility: changes.visibility || undefined,
    max_repositories: changes.max_repo_creation,
    must_change_password: flag(changes.must_change_password),
    active: flag(changes.active),
    admin: flag(changes.admin),
    prohibit_login: flag(changes.prohibit_login),
    may_create_organizations: flag(changes.allow_create_organization),
    restricted: flag(changes.restricted),
  };
  return Object.fromEntries(
    Object.entries(columns).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}
