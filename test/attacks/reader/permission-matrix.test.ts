/** Every kind of route against every kind of caller: what is refused, and that nothing else is. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Call, startTestForge, type TestForge } from "../../forge-contract/test-forge.ts";

type Access = "none" | "read" | "write" | "admin" | "site";
const rank: Readonly<Record<Access, number>> = { none: 0, read: 1, write: 2, admin: 3, site: 4 };

interface Route {
  readonly line: string;
  readonly needs: Exclude<Access, "none">;
  readonly scope: string;
}

/** By Forgejo's routers/api/v1/api.go. Bodies are empty: who is let in is told what is missing, and changes nothing. */
const routes: readonly Route[] = [
  { line: "GET ", needs: "read", scope: "read:repository" },
  { line: "PATCH ", needs: "admin", scope: "write:repository" },
  { line: "GET /branches/main", needs: "read", scope: "read:repository" },
  { line: "GET /branch_protections", needs: "admin", scope: "read:repository" },
  { line: "POST /branch_protections", needs: "admin", scope: "write:repository" },
  { line: "GET /commits/main/status", needs: "read", scope: "read:repository" },
  { line: "POST /statuses/main", needs: "write", scope: "write:repository" },
  { line: "GET /pulls", needs: "read", scope: "read:repository" },
  { line: "GET /issues", needs: "read", scope: "read:issue" },
  { line: "GET /issues/1", needs: "read", scope: "read:issue" },
  { line: "GET /issues/1/comments", needs: "read", scope: "read:issue" },
  { line: "GET /issues/1/timeline", needs: "read", scope: "read:issue" },
  { line: "POST /issues", needs: "read", scope: "write:issue" },
  { line: "POST /issues/1/comments", needs: "read", scope: "write:issue" },
  { line: "PATCH /issues/1", needs: "write", scope: "write:issue" },
  { line: "POST /issues/1/labels", needs: "write", scope: "write:issue" },
];

const scopes: readonly (readonly string[])[] = [
  ["all"],
  ["read:repository"],
  ["write:repository"],
  ["read:issue"],
  ["write:issue"],
  ["read:user"],
];

interface Caller {
  readonly name: string;
  readonly access: Access;
  readonly scopes: readonly string[];
  readonly call: Call;
}

let forge: TestForge;
const callers: Caller[] = [];

beforeAll(async () => {
  forge = await startTestForge();
  const body = { name: "matrix", auto_init: true, private: true, default_branch: "main" };
  await forge.admin("POST", "/user/repos", body);
  await forge.admin("POST", "/repos/root/matrix/issues", { title: "one" });
  callers.push({ name: "nobody", access: "none", scopes: ["all"], call: forge.nobody });
  callers.push({ name: "site admin", access: "site", scopes: ["all"], call: forge.admin });
  for (const access of ["none", "read", "write", "admin"] as const) {
    for (const own of scopes) {
      const name = `${access}-${own.join().replaceAll(/\W/g, "-")}`;
      const { call } = await forge.user(name, own);
      if (access !== "none")
        await forge.admin("PUT", `/repos/root/matrix/collaborators/${name}`, {
          permission: access,
        });
      callers.push({ name, access, scopes: own, call });
    }
  }
});
afterAll(() => forge.close());

function isAllowed({ needs, scope }: Route, caller: Caller): boolean {
  const held = caller.scopes.flatMap((one) => [one, one.replace("write:", "read:")]);
  return rank[caller.access] >= rank[needs] && (held.includes("all") || held.includes(scope));
}

test.each(routes)(
  "$line is open to who has $needs and $scope, and to nobody else",
  async (route) => {
    const [method = "", path = ""] = route.line.split(" ");
    const body = method === "GET" ? undefined : {};

    const seen = await Promise.all(
      callers.map(async (caller) => {
        const { status } = await caller.call(method, `/repos/root/matrix${path}`, body);
        return [caller.name, ![401, 403, 404].includes(status)] as const;
      }),
    );

    expect(Object.fromEntries(seen)).toEqual(
      Object.fromEntries(callers.map((caller) => [caller.name, isAllowed(route, caller)])),
    );
  },
);
