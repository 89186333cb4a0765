/** Who one is, and what a token may do. */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { Row } from "./row.ts";
import { basic } from "./test-forge.ts";
import type { Person } from "./world.ts";

export const identityRows: readonly Row[] = [
  {
    says: "a wrong token is refused with 401, not taken for a stranger's",
    source: "services/auth/oauth2.go Verify",
    mutation: { file: "users/authentication", find: '?? rejectCredentials("")', replace: "" },
    check: async (world) => {
      const wrong = await world.as(`token ${"0".repeat(40)}`)("GET", "/version");
      expect(wrong.status).toBe(401);
    },
  },
  {
    says: "a wrong password is refused with 401",
    source: "services/auth/basic.go Verify, services/auth/signin.go UserSignIn",
    mutation: { file: "users/authentication", find: "!user ||", replace: "!user && !" },
    check: async (world) => {
      const { login } = await world.person("dev");
      expect((await world.as(basic(login, "wrong"))("GET", "/user")).status).toBe(401);
    },
  },
  {
    says: "without credentials /user answers 401",
    source: "routers/api/v1/api.go reqToken",
    mutation: {
      file: "http/request",
      find: 'ApiError(401, "token',
      replace: 'ApiError(403, "token',
    },
    check: async (world) => {
      const answer = await world.nobody("GET", "/user");
      expect(answer).toMatchObject({ status: 401, body: { message: "token is required" } });
    },
  },
  {
    says: "a token or a password proves its owner's login",
    source: "routers/api/v1/user/user.go GetAuthenticatedUser",
    mutation: {
      file: "http/shapes",
      find: "login: user.login,",
      replace: "login: user.full_name,",
    },
    check: async (world) => {
      const { login, password, call } = await world.person("dev");
      expect((await call("GET", "/user")).body).toMatchObject({ login, is_admin: false });
      expect((await world.as(basic(login, password))("GET", "/user")).body.login).toBe(login);
    },
  },
  {
    says: "the token works as the password of any user name",
    source: "services/auth/basic.go Verify",
    mutation: {
      file: "users/authentication",
      find: "this.#byToken(token, true)",
      replace: "undefined",
    },
    check: async (world) => {
      const { login, token } = await world.person("dev");
      expect((await world.as(basic("x", token))("GET", "/user")).body.login).toBe(login);
    },
  },
  {
    says: "a bearer token cannot make tokens, a password can, and names are used once",
    source: "routers/api/v1/api.go reqBasicOrRevProxyAuth; routers/api/v1/user/app.go",
    mutation: { file: "users/routes", find: 'if (!c.get("doer")?.basic)', replace: "if (false)" },
    check: async (world) => {
      const { login, password, call } = await world.person("maker", ["write:user"]);
      const path = `/users/${login}/tokens`;
      const wanted = { name: "second", scopes: ["read:user"] };
      const own = world.as(basic(login, password));
      expect((await call("POST", path, wanted)).status).toBe(401);
      expect((await own("POST", path, wanted)).status).toBe(201);
      expect((await own("POST", path, wanted)).status).toBe(400);
    },
  },
  {
    says: "a user's own keys and addresses are listed to that user",
    source: "routers/api/v1/user/key.go ListMyPublicKeys; gpg_key.go; email.go ListEmails",
    mutation: { file: "users/routes", find: "primary: true", replace: "primary: false" },
    check: async (world) => {
      const { call } = await world.person("keeper", ["read:user"]);
      for (const keys of ["/user/keys", "/user/gpg_keys"])
        expect(await call("GET", keys)).toMatchObject({ status: 200, body: [] });
      const addresses = await call("GET", "/user/emails");
      expect(Object.values(addresses.body)).toMatchObject([{ primary: true }]);
      expect((await world.nobody("GET", "/user/keys")).status).toBe(401);
    },
  },
  {
    says: "a token is shown once, and listed by its last eight digits",
    source: "routers/api/v1/user/app.go ListAccessTokens",
    mutation: {
      file: "users/routes",
      find: "tokenShape(forge, row)))",
      replace: 'tokenShape(forge, row, "x")))',
    },
    check: async (world) => {
      const { login, password, token } = await world.person("dev");
      const listed = await world.as(basic(login, password))("GET", `/users/${login}/tokens`);
      expect(listed.body).toMatchObject([{ sha1: "", token_last_eight: token.slice(-8) }]);
    },
  },
  {
    says: "a deleted token proves nothing any more",
    source: "routers/api/v1/user/app.go DeleteAccessToken",
    mutation: { file: "users/routes", find: '"DELETE FROM tokens', replace: '"SELECT ?; --' },
    check: async (world) => {
      const { login, password, call } = await world.person("revoked");
      const own = world.as(basic(login, password));
      expect((await own("DELETE", `/users/${login}/tokens/contract`)).status).toBe(204);
      expect((await own("DELETE", `/users/${login}/tokens/contract`)).status).toBe(404);
      expect((await call("GET", "/user")).status).toBe(401);
    },
  },
  {
    says: "a missing scope is refused with 403 and named",
    source: "routers/api/v1/api.go tokenRequiresScopes",
    mutation: { file: "http/request", find: "categories.every(", replace: "!categories.every(" },
    check: async (world) => {
      const { call } = await world.person("narrow", ["read:repository"]);
      const answer = await call("POST", "/user/repos", { name: "x" });
      expect(answer.status).toBe(403);
      expect(String(answer.body.message)).toContain("write:user");
    },
  },
  {
    says: "a write scope holds the read scope of its category and no other",
    source: "models/auth/access_token_scope.go",
    mutation: {
      file: "users/token-scopes",
      find: "held.includes(`write:$",
      replace: "held.includes(`x:$",
    },
    check: async (world) => {
      const { call } = await world.person("dev");
      const repository = await world.repository({ writers: ["dev"] });
      expect((await call("GET", `${repository.path}/issues`)).status).toBe(200);
      expect((await call("GET", "/user")).status).toBe(200);
      expect((await call("PATCH", "/user/applications/oauth2/1", {})).status).toBe(403);
    },
  },
  {
    says: "a user's permission in a repository is told to that user and to administrators, the owner's to these alone",
    source: "routers/api/v1/repo/collaborators.go GetRepoPermissions",
    mutation: {
      file: "repositories/collaborator-routes",
      find: /!isAdmin && viewer\.lower_login/,
      replace: "false && viewer.lower_login",
    },
    check: async (world) => {
      const [dev, other] = [await world.person("dev"), await world.person("other")];
      const { path, owner } = await world.repository({ writers: ["dev", "other"] });
      const told = async ({ call }: Pick<Person, "call">, login: string) =>
        (await call("GET", `${path}/collaborators/${login}/permission`)).status;
      expect([await told(dev, dev.login), await told(dev, owner)]).toEqual([200, 403]);
      expect([await told(other, dev.login), await told(other, owner)]).toEqual([403, 403]);
      expect(await told({ call: world.admin }, owner)).toBe(200);
    },
  },
  {
    says: "a token that is limited to repositories writes there, reads what is public, and finds nothing else",
    since: 15,
    source: "services/authz/specific_repos_reducer.go ReduceRepoAccess",
    mutation: {
      file: "repositories/permission",
      find: "if (!caller?.repositories)",
      replace: "if (caller)",
    },
    check: async (world) => {
      const dev = await world.person("dev");
      const [within, without] = [
        await world.repository({ writers: ["dev"] }),
        await world.repository({ writers: ["dev"] }),
      ];
      const { call } = await world.limited(dev, [within]);
      const { path } = within;
      const issue = { title: "x" };
      expect((await call("POST", `${path}/issues`, issue)).status).toBe(201);
      expect((await call("GET", `${path}/assignees`)).status).toBe(200);
      expect((await call("GET", `${path}/collaborators/${dev.login}/permission`)).status).toBe(200);
      expect((await call("GET", "/user")).status).toBe(403);
      await world.admin("PATCH", `/admin/users/${dev.login}`, { admin: true });
      const told = await call("GET", `${path}/collaborators/${within.owner}/permission`);
      await world.admin("PATCH", `/admin/users/${dev.login}`, { admin: false });
      expect(told.status).toBe(403);
      expect((await call("GET", without.path)).status).toBe(404);
      expect((await call("POST", `${without.path}/issues`, issue)).status).toBe(404);
      await world.admin("PATCH", without.path, { private: false });
      expect((await call("GET", without.path)).status).toBe(200);
      const status = { context: "x", state: "success" };
      const sha = await world.commit(without, { file: "a" });
      expect((await call("POST", `${without.path}/statuses/${sha}`, status)).status).toBe(403);
    },
  },
  {
    says: "a token is limited by the scopes of repositories and issues alone, to repositories that its user finds",
    since: 15,
    source:
      "services/authz/access_token.go ValidateAccessToken, routers/api/v1/user/app.go CreateAccessToken",
    mutation: {
      file: "users/users",
      find: "limitable.has(scope)",
      replace: "scope",
    },
    check: async (world) => {
      const { login, password } = await world.person("dev");
      const own = world.as(basic(login, password));
      const { owner, name } = await world.repository({ writers: ["dev"] });
      const hidden = await world.repository();
      const make = async (scopes: readonly string[], repositories: readonly object[]) => {
        const wanted = { name: `l-${randomBytes(4).toString("hex")}`, scopes, repositories };
        return await own("POST", `/users/${login}/tokens`, wanted);
      };
      const limits = ["write:repository", "write:issue"];
      expect((await make(limits, [{ owner, name }])).body).toMatchObject({
        repositories: [{ owner, name, full_name: `${owner}/${name}` }],
      });
      expect((await make([...limits, "read:user"], [{ owner, name }])).status).toBe(400);
      expect((await make(limits, [])).status).toBe(400);
      expect((await make(limits, [{ owner, name: hidden.name }])).status).toBe(400);
      const listed = await own("GET", `/users/${login}/tokens`);
      const all = listed.body as unknown as { repositories: readonly object[] | null }[];
      expect(all.map(({ repositories }) => repositories?.length)).toContain(1);
    },
  },
  {
    says: "an unknown scope makes no token",
    source: "models/auth/access_token_scope.go parse",
    mutation: { file: "users/token-scopes", find: "unknown !== undefined", replace: "false" },
    check: async (world) => {
      const { login, password } = await world.person("dev");
      const own = world.as(basic(login, password));
      const wanted = { name: "odd", scopes: ["write:everything", "read:user"] };
      expect((await own("POST", `/users/${login}/tokens`, wanted)).status).toBe(400);
    },
  },
  {
    says: "the routes of /admin are for site administrators only",
    source: "routers/api/v1/api.go reqSiteAdmin",
    mutation: { file: "http/request", find: "!doer.user.admin", replace: "false" },
    check: async (world) => {
      const { login, password } = await world.person("dev");
      const own = world.as(basic(login, password));
      expect((await own("GET", "/admin/users")).status).toBe(403);
      expect((await own("DELETE", `/admin/users/${login}`)).status).toBe(403);
    },
  },
  {
    says: "a user is made once; an absent one cannot be changed or deleted",
    source: "routers/api/v1/admin/user.go CreateUser, services/context/user.go",
    mutation: { file: "users/users", find: "if (findUser(db, user.login))", replace: "if (false)" },
    check: async (world) => {
      const { login } = await world.person("dev");
      const password = "long enough 1";
      const account = { username: login, email: "other@example.com", password };
      expect((await world.admin("POST", "/admin/users", account)).status).toBe(422);
      const absent = `/admin/users/${world.login("absent")}`;
      expect((await world.admin("PATCH", absent, { active: true })).status).toBe(404);
      expect((await world.admin("DELETE", absent)).status).toBe(404);
    },
  },
  {
    says: "an account that must change its password is refused until it has",
    source: "routers/api/shared/middleware.go verifyAuthWithOptions",
    mutation: { file: "http/app", find: "user.must_change_password", replace: "false" },
    check: async (world) => {
      const { login, password } = await world.person("fresh");
      const own = world.as(basic(login, password));
      const account = { login_name: login, source_id: 0 };
      const change = (changes: object) =>
        world.admin("PATCH", `/admin/users/${login}`, { ...account, ...changes });
      await change({ must_change_password: true });
      expect((await own("GET", "/user")).status).toBe(403);
      await change({ password: "another one 2", must_change_password: false });
      expect((await own("GET", "/user")).status).toBe(401);
      const again = world.as(basic(login, "another one 2"));
      expect((await again("GET", "/user")).status).toBe(200);
    },
  },
];
