/** Repositories, access to them, issues. */
import { expect } from "vitest";
import type { Row } from "./row.ts";

export const repositoryRows: readonly Row[] = [
  {
    says: "a private repository is not found by who may not read it",
    source: "routers/api/v1/api.go repoAssignment",
    mutation: { file: "http/request", find: '|| access === "none"', replace: "" },
    check: async (world) => {
      const { path } = await world.repository();
      const stranger = await world.person("stranger");
      expect((await stranger.call("GET", path)).status).toBe(404);
      expect((await world.nobody("GET", path)).status).toBe(404);
    },
  },
  {
    says: "a repository's name is used once, an absent one is not found",
    source: "routers/api/v1/repo/repo.go CreateUserRepo",
    mutation: {
      file: "repositories/repositories",
      find: "new ApiError(409",
      replace: "new ApiError(422",
    },
    check: async (world) => {
      const { name, path } = await world.repository();
      expect((await world.admin("POST", "/user/repos", { name })).status).toBe(409);
      expect((await world.admin("GET", `${path}-absent`)).status).toBe(404);
      expect((await world.admin("DELETE", `${path}-absent`)).status).toBe(404);
    },
  },
  {
    says: "a collaborator has the access that was granted, and none after its removal",
    source: "routers/api/v1/repo/collaborators.go",
    mutation: {
      file: "repositories/repositories",
      find: "DO UPDATE SET access = COALESCE(?, access)",
      replace: "DO UPDATE SET access = access WHERE ? = 1",
    },
    check: async (world) => {
      const { path } = await world.repository();
      const { login, call } = await world.person("dev");
      const level = async () => (await call("GET", path)).body.permissions;
      const one = `${path}/collaborators/${login}`;
      await world.admin("PUT", one, { permission: "read" });
      expect(await level()).toEqual({ admin: false, push: false, pull: true });
      await world.admin("PUT", one, { permission: "write" });
      expect(await level()).toEqual({ admin: false, push: true, pull: true });
      const told = await world.admin("GET", `${one}/permission`);
      expect(told.body).toMatchObject({ permission: "write" });
      expect((await world.admin("DELETE", one)).status).toBe(204);
      expect((await call("GET", path)).status).toBe(404);
    },
  },
  {
    says: "who may be assigned is who may write, told to everybody who reads",
    source: "models/repo/user_repo.go GetRepoAssignees",
    mutation: {
      file: "repositories/repositories",
      find: "IN ('write', 'admin')",
      replace: "IS NOT NULL",
    },
    check: async (world) => {
      const { path } = await world.repository();
      const [reader, writer] = [await world.person("reader"), await world.person("writer")];
      for (const [{ login }, permission] of [
        [reader, "read"],
        [writer, "write"],
      ] as const) {
        await world.admin("PUT", `${path}/collaborators/${login}`, { permission });
      }
      const told = await reader.call("GET", `${path}/assignees`);
      const logins = (told.body as unknown as { login: string }[]).map(({ login }) => login);
      expect(logins).toContain(writer.login);
      expect(logins).not.toContain(reader.login);
      expect(logins).toHaveLength(2);
    },
  },
  {
    says: "who may only read makes no labels, no protections and no collaborators",
    source: "routers/api/v1/api.go reqRepoWriter, reqAdmin",
    mutation: {
      file: "repositories/permission",
      find: ">= accessLevels.indexOf(needed)",
      replace: ">= 1",
    },
    check: async (world) => {
      const { path } = await world.repository();
      const { login, call } = await world.person("reader");
      await world.admin("PUT", `${path}/collaborators/${login}`, { permission: "read" });
      const label = { name: "x", color: "#00aabb" };
      expect((await call("POST", `${path}/labels`, label)).status).toBe(403);
      expect((await call("POST", `${path}/branch_protections`, {})).status).toBe(403);
      expect((await call("PUT", `${path}/collaborators/${login}`, {})).status).toBe(403);
      expect((await call("DELETE", path)).status).toBe(403);
    },
  },
  {
    says: "issues are filtered by label, state and kind, and counted in X-Total-Count",
    source: "routers/api/v1/repo/issue.go ListIssues",
    mutation: { file: "issues/issues", find: "label_id = ?)", replace: "label_id <> ?)" },
    check: async (world) => {
      const { path } = await world.repository();
      const label = await world.admin("POST", `${path}/labels`, { name: "todo", color: "#00aabb" });
      const labels = [Number(label.body.id)];
      for (const title of ["one", "two"]) {
        await world.admin("POST", `${path}/issues`, { title, labels });
      }
      await world.admin("POST", `${path}/issues`, { title: "other" });
      await world.admin("PATCH", `${path}/issues/1`, { state: "closed" });
      const query = `${path}/issues?type=issues&labels=todo`;
      const open = await world.admin("GET", `${query}&state=open`);
      expect(open.body).toMatchObject([{ title: "two", labels: [{ name: "todo" }] }]);
      const all = await world.admin("GET", `${query}&state=all`);
      expect(all.headers.get("x-total-count")).toBe("2");
    },
  },
  {
    says: "pages are as long as asked for, fifty at most, and linked",
    source: "services/convert/utils.go ToCorrectPageSize, services/context/api.go SetLinkHeader",
    mutation: { file: "http/paging", find: "Math.min(limit, largestSize)", replace: "limit" },
    check: async (world) => {
      const { path } = await world.repository();
      for (let n = 0; n < 52; n++) await world.admin("POST", `${path}/issues`, { title: `${n}` });
      const large = await world.admin("GET", `${path}/issues?limit=1000`);
      expect(large.body).toHaveLength(50);
      expect(large.headers.get("link")).toMatch(/page=2[^,]*>; ?rel="next"/);
      const last = await world.admin("GET", `${path}/issues?limit=50&page=2`);
      expect(last.body).toHaveLength(2);
    },
  },
  {
    says: "an issue is found by its assignee and by the time of its last change",
    source: "routers/api/v1/repo/issue.go ListIssues",
    mutation: { file: "issues/issues", find: "updated >= ?", replace: "updated <= ?" },
    check: async (world) => {
      const { path } = await world.repository({ writers: ["dev"] });
      const { login } = await world.person("dev");
      await world.admin("POST", `${path}/issues`, { title: "mine", assignees: [login] });
      await world.admin("POST", `${path}/issues`, { title: "nobody's" });
      const assigned = await world.admin("GET", `${path}/issues?assigned_by=${login}`);
      expect(assigned.body).toMatchObject([{ title: "mine", assignees: [{ login }] }]);
      const count = async (since: number) => {
        const time = encodeURIComponent(new Date(since).toISOString());
        return (await world.admin("GET", `${path}/issues?since=${time}`)).body;
      };
      expect(await count(Date.now() - 3_600_000)).toHaveLength(2);
      expect(await count(Date.now() + 3_600_000)).toHaveLength(0);
    },
  },
  {
    says: "only who can write labels an issue or edits another's",
    source: "routers/api/v1/repo/issue.go CreateIssue, EditIssue",
    mutation: { file: "issues/routes", find: "poster_id !== user.id &&", replace: "false &&" },
    check: async (world) => {
      const { path } = await world.repository();
      const { login, call } = await world.person("reader");
      await world.admin("PUT", `${path}/collaborators/${login}`, { permission: "read" });
      const label = await world.admin("POST", `${path}/labels`, { name: "p", color: "#00aabb" });
      const labels = [Number(label.body.id)];
      const made = await call("POST", `${path}/issues`, { title: "mine", labels });
      expect(made).toMatchObject({ status: 201, body: { labels: [] } });
      await world.admin("POST", `${path}/issues`, { title: "not mine" });
      expect((await call("PATCH", `${path}/issues/2`, { title: "x" })).status).toBe(403);
      expect((await call("PATCH", `${path}/issues/1`, { title: "x" })).status).toBe(201);
      expect((await call("POST", `${path}/issues/1/labels`, { labels })).status).toBe(403);
    },
  },
  {
    says: "labels are put on an issue by name or id, all of a kind at once",
    since: 8,
    source: "routers/api/v1/repo/issue_label.go prepareForReplaceOrAdd",
    mutation: { file: "issues/link-routes", find: "addLabels(forge.db, act, labels)", replace: "" },
    check: async (world) => {
      const { path } = await world.repository();
      for (const name of ["a", "b"]) {
        await world.admin("POST", `${path}/labels`, { name, color: "#00aabb" });
      }
      await world.admin("POST", `${path}/issues`, { title: "labelled" });
      const labels = `${path}/issues/1/labels`;
      expect((await world.admin("POST", labels, { labels: ["a"] })).body).toHaveLength(1);
      expect((await world.admin("POST", labels, { labels: ["b"] })).body).toHaveLength(2);
      expect((await world.admin("POST", labels, { labels: ["a", 1] })).status).toBe(400);
    },
  },
  {
    says: "an issue with an open dependency is not closed",
    source: "models/issues/issue_update.go, routers/api/v1/repo/issue_dependency.go",
    mutation: { file: "issues/issues", find: "hasOpenDependencies(db, issue))", replace: "false)" },
    check: async (world) => {
      const { path, owner, name } = await world.repository();
      for (const title of ["first", "second"]) {
        await world.admin("POST", `${path}/issues`, { title });
      }
      const dependency = { owner, repo: name, index: 1 };
      await world.admin("POST", `${path}/issues/2/dependencies`, dependency);
      const listed = await world.admin("GET", `${path}/issues/2/dependencies`);
      expect(listed.body).toMatchObject([{ number: 1, state: "open" }]);
      const close = () => world.admin("PATCH", `${path}/issues/2`, { state: "closed" });
      expect((await close()).status).toBe(412);
      await world.admin("PATCH", `${path}/issues/1`, { state: "closed" });
      expect((await close()).status).toBe(201);
    },
  },
  {
    says: "comments are counted and listed in order, and a stranger's edit is refused",
    source: "routers/api/v1/repo/issue_comment.go",
    mutation: {
      file: "issues/comment-routes",
      find: "comments = comments + 1",
      replace: "comments = 0",
    },
    check: async (world) => {
      const { path } = await world.repository();
      const { login, call } = await world.person("reader");
      await world.admin("PUT", `${path}/collaborators/${login}`, { permission: "read" });
      await world.admin("POST", `${path}/issues`, { title: "talk" });
      const first = await world.admin("POST", `${path}/issues/1/comments`, { body: "one" });
      await call("POST", `${path}/issues/1/comments`, { body: "two" });
      const listed = await call("GET", `${path}/issues/1/comments`);
      expect(listed.body).toMatchObject([{ body: "one" }, { body: "two", user: { login } }]);
      expect((await call("GET", `${path}/issues/1`)).body).toMatchObject({ comments: 2 });
      const foreign = `${path}/issues/comments/${first.body.id}`;
      expect((await call("PATCH", foreign, { body: "x" })).status).toBe(403);
    },
  },
  {
    says: "the worst of the newest status of each context is the combined one; an error is a failure",
    source: "services/convert/status.go ToCombinedStatus, models/git/commit_status.go",
    mutation: {
      file: "statuses/statuses",
      find: "MAX(number) FROM statuses",
      replace: "MIN(number) FROM statuses",
    },
    check: async (world) => {
      const repository = await world.repository({ writers: ["dev"] });
      const { call } = await world.person("dev");
      const sha = await world.commit(repository, { file: "x.txt" });
      const post = (state: string, context: string) =>
        call("POST", `${repository.path}/statuses/${sha}`, { state, context });
      const combined = async () =>
        (await call("GET", `${repository.path}/commits/${sha}/status`)).body;
      expect(await combined()).toMatchObject({ state: "", total_count: 0 });
      await post("error", "ci");
      expect(await combined()).toMatchObject({ state: "failure", total_count: 1, sha });
      await post("success", "ci");
      expect(await combined()).toMatchObject({ state: "success", total_count: 1 });
      await post("pending", "lint");
      expect(await combined()).toMatchObject({ state: "pending", total_count: 2 });
    },
  },
];
