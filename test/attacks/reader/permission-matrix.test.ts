/**
 * Every route of the API against every kind of caller, by tokens that are limited to repositories too: who has not the access or not the scope is refused, and nobody else. CI
 * tries each two of route, access and scope together once; `npm run soak` tries all. DISINTO_MATRIX_FORGE, with a real
 * Forgejo's address, and DISINTO_MATRIX_ADMIN, its administrator as name:password, hold the table against that one.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp } from "../../../src/forge/http/app.ts";
import { basic, type Call, caller, startTestForge } from "../../forge-contract/test-forge.ts";
import { WorkTree } from "../../forge-contract/work-tree.ts";
import {
  type Level,
  onlyRefused,
  type Route,
  routes,
  third,
} from "../../support/permission-routes.ts";
import { isSoak } from "../../support/soak.ts";
import { until } from "../../support/test-factory.ts";

const accesses = ["none", "read", "write", "admin", "owner", "site"] as const;
type Access = (typeof accesses)[number];

const scopeLists: readonly (readonly string[])[] = [
  ["all"],
  ["read:repository"],
  ["write:repository"],
  ["read:issue"],
  ["write:issue"],
  ["read:user"],
  ["write:user"],
  ["write:user", "write:repository"],
  ["write:admin"],
  ["write:repository", "write:issue", "read:user"],
];

interface Caller {
  readonly name: string;
  /** Undefined for nobody in particular. */
  readonly access: Access | undefined;
  readonly scopes: readonly string[];
  readonly call: Call;
}

const { DISINTO_MATRIX_FORGE: real, DISINTO_MATRIX_ADMIN: realAdmin = "" } = process.env;
/** Some plain words are nobody's name. */
const loginOf = (access: string): string => `user-${access}`;
const matrix = `/repos/${loginOf("owner")}/matrix`;
const password = "a long password";
const callers: Caller[] = [];
let close: () => Promise<void> = async () => undefined;
let owner: Call;
let ids: Record<string, string>;

async function openForge(): Promise<{ readonly url: string; readonly admin: Call }> {
  if (real !== undefined) {
    const [name = "", ...rest] = realAdmin.split(":");
    return { url: real, admin: caller(real, basic(name, rest.join(":")), { compare: false }) };
  }
  const forge = await startTestForge();
  close = forge.close;
  return forge;
}

beforeAll(async () => {
  const { url, admin } = await openForge();
  const by = (authorization?: string) =>
    caller(url, authorization, { compare: real === undefined });
  for (const username of [...accesses.map(loginOf), "someone"]) {
    const account = { username, email: `${username}@example.com`, password };
    await admin("POST", "/admin/users", { ...account, must_change_password: false });
  }
  await admin("PATCH", `/admin/users/${loginOf("site")}`, {
    source_id: 0,
    login_name: loginOf("site"),
    admin: true,
  });
  owner = by(basic(loginOf("owner"), password));
  await owner("POST", "/user/repos", { name: "matrix", private: true, default_branch: "main" });
  ids = await fill(url, by);
  for (const access of ["read", "write", "admin"])
    await owner("PUT", `${matrix}/collaborators/${loginOf(access)}`, { permission: access });
  callers.push({ name: "nobody", access: undefined, scopes: ["all"], call: by() });
  for (const access of accesses)
    for (const scopes of scopeLists) {
      const name = `${access} with ${scopes}`;
      const token = { name: scopes.join("-").replaceAll(":", "-"), scopes };
      const login = loginOf(access);
      const made = await by(basic(login, password))("POST", `/users/${login}/tokens`, token);
      if (made.status !== 201) throw new Error(`${name}: ${JSON.stringify(made.body)}`);
      callers.push({ name, access, scopes, call: by(`token ${made.body.sha1}`) });
    }
  // Forgejo limits tokens to repositories since 15.
  if (real === undefined || Number.parseInt(await versionOf(by()), 10) >= 15)
    callers.push(...(await limit(by)));
}, 120_000);
afterAll(() => close());

async function versionOf(nobody: Call): Promise<string> {
  return String((await nobody("GET", "/version")).body.version);
}

/** Tokens that are limited: to another repository it is as if they had no access, and to this one they administer nothing. */
async function limit(by: (authorization?: string) => Call): Promise<readonly Caller[]> {
  const scopes = ["write:repository", "write:issue"];
  const make = async (access: Access, repo: string) => {
    const login = loginOf(access);
    const [owner = "", name = ""] = repo.split("/");
    const wanted = { name: `for ${name}`, scopes, repositories: [{ owner, name }] };
    const made = await by(basic(login, password))("POST", `/users/${login}/tokens`, wanted);
    if (made.status !== 201) throw new Error(`${repo}: ${JSON.stringify(made.body)}`);
    return by(`token ${made.body.sha1}`);
  };
  await by(basic(loginOf("write"), password))("POST", "/user/repos", { name: "elsewhere" });
  const elsewhere = await make("write", `${loginOf("write")}/elsewhere`);
  const here = await make("admin", `${loginOf("owner")}/matrix`);
  return [
    { name: "write, limited to another", access: "none", scopes, call: elsewhere },
    { name: "admin, limited to this", access: "write", scopes, call: here },
  ];
}

const GRID = 1 + accesses.length * scopeLists.length;

/** An issue with a comment and a label, a pull request with a review, a rule; nobody's of the callers but the owner's. */
async function fill(url: string, by: (authorization?: string) => Call) {
  const tree = await WorkTree.create();
  const remote = `${url.replace("://", `://${loginOf("owner")}:${encodeURIComponent(password)}@`)}/${loginOf("owner")}/matrix.git`;
  await tree.commit("README.md", "hello\n");
  await tree.git("push", "-q", remote, "main");
  await tree.git("checkout", "-q", "-b", "change");
  await tree.commit("a.txt", "a\n");
  await tree.git("push", "-q", remote, "change");
  await tree.remove();
  await owner("POST", `${matrix}/issues`, { title: "one" });
  const pull = { title: "two", head: "change", base: "main" };
  // A real Forgejo learns of a push a moment later.
  await until("the pull request", async () => {
    return (await owner("POST", `${matrix}/pulls`, pull)).status === 201;
  });
  await owner("POST", `${matrix}/issues`, { title: "three" });
  await owner("POST", `${matrix}/branch_protections`, { rule_name: "a-rule" });
  await owner("PUT", `${matrix}/collaborators/someone`, { permission: "write" });
  const someone = by(basic("someone", password));
  const review = { event: "REQUEST_CHANGES", body: "no" };
  const made = {
    REVIEW: await someone("POST", `${matrix}/pulls/2/reviews`, review),
    COMMENT: await owner("POST", `${matrix}/issues/1/comments`, { body: "a comment" }),
    LABEL: await owner("POST", `${matrix}/labels`, { name: "x", color: "#112233" }),
    APPLICATION: await someone("POST", "/user/applications/oauth2", {
      name: "x",
      redirect_uris: ["http://127.0.0.1/x"],
    }),
  };
  return Object.fromEntries(Object.entries(made).map(([key, { body }]) => [key, String(body.id)]));
}

/** Access to the repository that each level asks for; of the others none. */
const needed: Partial<Record<Level, Access>> = {
  read: "read",
  write: "write",
  admin: "admin",
  owner: "owner",
  site: "site",
};

function isAllowed({ needs, scopes }: Route, { access, scopes: held }: Caller): boolean {
  if (needs === "nobody") return false;
  if (access === undefined) return needs === "anybody";
  const has = (scope: string) =>
    held.some((one) => one === "all" || one === scope || one.replace("write:", "read:") === scope);
  const least = needed[needs];
  const isEnough = least === undefined || accesses.indexOf(access) >= accesses.indexOf(least);
  return isEnough && scopes.every(has);
}

/** Each access and each list of scopes once; from route to route others of them meet. */
function choose(route: Route): readonly Caller[] {
  if (isSoak || real !== undefined) return callers;
  const at = routes.indexOf(route);
  const pairs = scopeLists.map((_, n) => {
    const [access, scopes] = [n % accesses.length, (n + at) % scopeLists.length];
    return callers[1 + access * scopeLists.length + scopes];
  });
  return [callers[0], ...pairs, ...callers.slice(GRID)].filter((one) => one !== undefined);
}

const usual: Readonly<Record<string, string>> = {
  owner: loginOf("owner"),
  repo: "matrix",
  ref: "main",
  sha: "main",
  username: "someone",
  collaborator: "someone",
  id: "1",
};

function address({ line, with: given = {} }: Route): readonly [string, string] {
  const [method = "", path = ""] = line.split(" ");
  const index = path.includes("/pulls/") ? "2" : "1";
  const filled = path
    .replace("branches/*", "branches/main")
    .replaceAll(/:(\w+)/g, (_, name: string) => {
      const value = given[name] ?? (name === "index" ? index : usual[name]) ?? "";
      return ids[value] ?? value;
    });
  return [method, filled];
}

async function restore({ removes, line }: Route): Promise<void> {
  if (removes === "protection")
    await owner("POST", `${matrix}/branch_protections`, { rule_name: "a-rule" });
  if (removes === "issue-label")
    await owner("POST", `${matrix}/issues/1/labels`, { labels: [Number(ids.LABEL)] });
  if (removes === "dependency") await owner("POST", `${matrix}/issues/1/dependencies`, third);
  if (removes !== "label") return;
  const { body } = await owner("POST", `${matrix}/labels`, { name: line, color: "#112233" });
  if (body.id) ids.LABEL = String(body.id);
}

/** A real Forgejo answers with 500 to who changes another's OAuth application. */
function isRefusal({ line }: Route, status: number): boolean {
  const odd = real !== undefined && line.includes("oauth2") ? [500] : [];
  return [401, 403, 404, ...odd].includes(status);
}

async function isLetIn(route: Route, { call }: Caller): Promise<boolean> {
  const [method, path] = address(route);
  const { status } = await call(method, path, method === "GET" ? undefined : (route.body ?? {}));
  return !isRefusal(route, status);
}

test.each(routes)("$line lets in who has $needs and $scopes, and nobody else", async (route) => {
  const chosen = choose(route);
  const seen: Record<string, boolean> = {};
  for (const one of chosen) {
    if (isAllowed(route, one)) await restore(route);
    seen[one.name] = await isLetIn(route, one);
  }

  expect(seen).toEqual(Object.fromEntries(chosen.map((one) => [one.name, isAllowed(route, one)])));
});

test.each(onlyRefused)("$line lets in nobody who has not $needs and $scopes", async (route) => {
  // Forgejo 15 lets an owner with write:user alone delete the repository; no bot owns one.
  const isSpared = ({ access = "none" }: Caller) => {
    return real !== undefined && ["owner", "site"].includes(access);
  };
  const refused = callers.filter((one) => !isAllowed(route, one) && !isSpared(one));

  for (const one of refused)
    expect([one.name, await isLetIn(route, one)]).toEqual([one.name, false]);
});

test("control: no route of the embedded forge's API is missing here", () => {
  const { routes: declared } = createApp({} as Parameters<typeof createApp>[0]);
  const known = new Set([...routes, ...onlyRefused].map(({ line }) => line));
  const lines = declared.flatMap(({ method, path }) =>
    method === "ALL" || !path.startsWith("/api/v1/") ? [] : [`${method} ${path.slice(7)}`],
  );

  expect(lines.filter((line) => !known.has(line))).toEqual(["GET /version"]);
});
