import { afterAll, beforeAll, expect, test } from "vitest";
import {
  basic,
  type Call,
  startTestForge,
  type TestForge,
} from "../../../test/forge-contract/test-forge.ts";
import { createAccount } from "../users/admin.ts";

let forge: TestForge;
let dev: { token: string; call: Call };
const repo = "/repos/root/api";

beforeAll(async () => {
  forge = await startTestForge();
  dev = await forge.user("dev");
  await forge.admin("POST", "/user/repos", { name: "api", private: true });
});

afterAll(async () => {
  await forge.close();
});

test("a private repository does not exist for strangers, and a collaborator's level is what was granted", async () => {
  expect((await dev.call("GET", repo)).status).toBe(404);
  expect((await forge.nobody("GET", repo)).status).toBe(404);
  await forge.admin("PUT", `${repo}/collaborators/dev`, { permission: "read" });

  const seen = await dev.call("GET", repo);
  const level = await dev.call("GET", `${repo}/collaborators/dev/permission`);
  const label = await dev.call("POST", `${repo}/labels`, { name: "x", color: "#abc" });

  expect(seen.body).toMatchObject({ permissions: { admin: false, push: false, pull: true } });
  expect(level.body).toMatchObject({ permission: "read" });
  expect(label).toMatchObject({
    status: 403,
    body: { message: "user should have a permission to write to a repo" },
  });
});

test("only site administrators reach /admin, and a token needs the scope for it too", async () => {
  const limited = await forge.user("limited", ["write:repository"]);
  expect(await dev.call("POST", "/admin/users", {})).toMatchObject({
    status: 403,
    body: {
      message: "token does not have at least one of required scope(s): [write:admin]",
    },
  });
  const full = forge.as(basic("dev", "dev-password"));
  expect(await full("POST", "/admin/users", {})).toMatchObject({
    status: 403,
    body: { message: "user should be the site admin" },
  });
  expect((await limited.call("GET", "/user")).status).toBe(403);
});

test("tokens are made with the user's password only, and shown only once", async () => {
  const password = forge.as(basic("dev", "dev-password"));
  const made = await password("POST", "/users/dev/tokens", {
    name: "second",
    scopes: ["read:user", "write:user", "read:issue"],
  });
  const byToken = await dev.call("POST", "/users/dev/tokens", { name: "x", scopes: ["all"] });
  const again = await password("POST", "/users/dev/tokens", { name: "second", scopes: ["all"] });
  const listed = await password("GET", "/users/dev/tokens");

  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ scopes: ["read:issue", "write:user"] });
  expect(made.body.sha1).toMatch(/^[0-9a-f]{40}$/);
  expect(byToken.status).toBe(403);
  expect(again).toMatchObject({
    status: 400,
    body: { message: "access token name has been used already" },
  });
  expect(listed.headers.get("x-total-count")).toBe("2");
  expect(listed.body).toMatchObject([{ sha1: "" }, { sha1: "", name: "second" }]);
});

test("wrong credentials are refused, not taken for a stranger's", async () => {
  const wrong = [`token ${"0".repeat(40)}`, basic("root", "wrong"), basic("nobody", "x")];
  for (const authorization of wrong) {
    expect((await forge.as(authorization)("GET", "/version")).status).toBe(401);
  }
  expect((await forge.nobody("GET", "/user")).body).toMatchObject({ message: "token is required" });
});

test("a new user must change the password unless the administrator says otherwise", async () => {
  const account = { username: "fresh", email: "fresh@example.com", password: "fresh-password" };
  await forge.admin("POST", "/admin/users", account);

  const refused = await forge.as(basic("fresh", "fresh-password"))("GET", "/user");
  await forge.admin("PATCH", "/admin/users/fresh", { must_change_password: false });
  const accepted = await forge.as(basic("fresh", "fresh-password"))("GET", "/user");

  expect(refused.status).toBe(403);
  expect(accepted).toMatchObject({ status: 200, body: { login: "fresh", is_admin: false } });
});

test("issues are filtered, sorted and paged as the query says", async () => {
  await forge.admin("PUT", `${repo}/collaborators/dev`, { permission: "write" });
  const backlog = await forge.admin("POST", `${repo}/labels`, { name: "backlog", color: "00aabb" });
  const labels = [Number(backlog.body.id)];
  for (const title of ["one", "two", "three"]) {
    await forge.admin("POST", `${repo}/issues`, { title, labels, assignees: ["dev"] });
  }
  await forge.admin("POST", `${repo}/issues`, { title: "unlabelled" });
  await forge.admin("PATCH", `${repo}/issues/2`, { state: "closed" });

  const query = "labels=backlog&assigned_by=dev&type=issues&sort=oldest&limit=1";
  const open = await dev.call("GET", `${repo}/issues?${query}`);
  const all = await dev.call("GET", `${repo}/issues?state=all`);

  expect(open.headers.get("x-total-count")).toBe("2");
  expect(open.body).toMatchObject([{ number: 1, labels: [{ name: "backlog" }] }]);
  expect(open.headers.get("link")).toContain("page=2");
  expect(all.headers.get("x-total-count")).toBe("4");
});

test("an issue with an open dependency cannot be closed", async () => {
  const [first, second] = [
    await forge.admin("POST", `${repo}/issues`, { title: "first" }),
    await forge.admin("POST", `${repo}/issues`, { title: "second" }),
  ];
  const path = `${repo}/issues/${second.body.number}`;
  const dependency = { owner: "root", repo: "api", index: Number(first.body.number) };
  expect((await forge.admin("POST", `${path}/dependencies`, dependency)).status).toBe(201);

  expect((await forge.admin("PATCH", path, { state: "closed" })).status).toBe(412);
  await forge.admin("PATCH", `${repo}/issues/${first.body.number}`, { state: "closed" });
  expect((await forge.admin("PATCH", path, { state: "closed" })).status).toBe(201);
});

test("the worst of the newest statuses is the combined one", async () => {
  await forge.admin("POST", "/user/repos", { name: "checked", auto_init: true });
  const branch = await forge.admin("GET", "/repos/root/checked/branches/main");
  const sha = String(branch.body.commit?.id);
  const path = `/repos/root/checked/statuses/${sha}`;
  await forge.admin("POST", path, { state: "failure", context: "ci" });
  await forge.admin("POST", path, { state: "success", context: "ci" });
  await forge.admin("POST", path, { state: "pending", context: "lint" });

  const combined = await forge.admin("GET", "/repos/root/checked/commits/main/status");

  expect(combined.body).toMatchObject({ state: "pending", sha, total_count: 2 });
});

test("malformed JSON, wrong types and missing fields are refused in Forgejo's shape", async () => {
  for (const body of ["{", "[]", '{"title":7}', "{}", '{"title":"a","labels":"x"}']) {
    const answer = await forge.admin("POST", `${repo}/issues`, body);
    expect([body, answer.status]).toEqual([body, 422]);
    expect(answer.body).toMatchObject({ message: expect.any(String), url: expect.any(String) });
  }
});

test("an account is made once, and keeps the password it was given", async () => {
  const account = { username: "boss", email: "boss@example.com", admin: true };
  const lines = await createAccount(forge.folder, { ...account, mustChangePassword: false });
  const password = /^generated random password is '(.*)'$/.exec(lines[0] ?? "")?.[1] ?? "";

  const boss = await forge.as(basic("boss", password))("GET", "/user");

  expect(lines[1]).toBe("New user 'boss' has been successfully created!");
  expect(boss.body).toMatchObject({ login: "boss", is_admin: true });
  await expect(createAccount(forge.folder, account)).rejects.toThrow("user already exists");
});

test("what was written survives a restart", async () => {
  const before = await forge.admin("GET", `${repo}/issues?state=all`);
  await forge.restart();
  const after = await forge.admin("GET", `${repo}/issues?state=all`);

  expect(after.body).toEqual(before.body);
});

test("an exclusive label takes the place of the others of its scope, and of those alone", async () => {
  for (const name of ["kind/bug", "kind/idea", "kind/deep/one", "plain"]) {
    const label = { name, color: "00aabb", exclusive: name !== "plain" };
    await forge.admin("POST", `${repo}/labels`, label);
  }
  const issue = await dev.call("POST", `${repo}/issues`, { title: "labelled" });
  const path = `${repo}/issues/${issue.body.number}/labels`;
  await forge.admin("POST", path, { labels: ["kind/bug", "kind/deep/one", "plain"] });

  const labels = await forge.admin("POST", path, { labels: ["kind/idea"] });

  const names = Object.values(labels.body).map(({ name }) => name);
  expect(names.toSorted()).toEqual(["kind/deep/one", "kind/idea", "plain"]);
});
