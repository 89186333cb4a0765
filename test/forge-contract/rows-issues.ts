/** What hangs on a repository and its issues: people, labels, comments, dependencies. */
import { expect } from "vitest";
import type { Row } from "./row.ts";
import type { World } from "./world.ts";

const inAnHour = () => encodeURIComponent(new Date(Date.now() + 3_600_000).toISOString());
const anHourAgo = () => encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString());

async function withIssues(world: World, titles: readonly string[], writers = ["dev"]) {
  const repository = await world.repository({ writers });
  for (const title of titles) {
    await world.admin("POST", `${repository.path}/issues`, { title });
  }
  return repository;
}

export const issueRows: readonly Row[] = [
  {
    says: "a person is shown to who is signed in, and an absent one is not found",
    source: "routers/api/v1/user/user.go GetInfo",
    mutation: { file: "users/routes", find: "isHidden(user, viewer)", replace: "true" },
    check: async (world) => {
      const [{ login }, { call }] = [await world.person("dev"), await world.person("reader")];
      expect((await call("GET", `/users/${login}`)).body).toMatchObject({ login });
      expect((await call("GET", `/users/${login}-absent`)).status).toBe(404);
    },
  },
  {
    says: "an administrator makes a repository for another, who finds it among their own",
    source: "routers/api/v1/admin/repo.go CreateRepo, routers/api/v1/user/repo.go ListMyRepos",
    mutation: {
      file: "repositories/routes",
      find: "WHERE owner_id = ? OR",
      replace: "WHERE owner_id = -? OR",
    },
    check: async (world) => {
      const { login, call } = await world.person("owner");
      const made = await world.admin("POST", `/admin/users/${login}/repos`, { name: "theirs" });
      expect(made).toMatchObject({ status: 201, body: { owner: { login }, empty: true } });
      const mine = await call("GET", "/user/repos?limit=50");
      expect(mine.body).toMatchObject([{ full_name: `${login}/theirs` }]);
      expect((await world.admin("DELETE", `/repos/${login}/theirs`)).status).toBe(204);
    },
  },
  {
    says: "a label is changed by its id, listed by its name, and gone once deleted",
    source: "routers/api/v1/repo/label.go",
    mutation: {
      file: "issues/label-routes",
      find: "description: body.description ??",
      replace: "description:",
    },
    check: async (world) => {
      const { path } = await world.repository();
      const label = { name: "b", color: "#00aabb", description: "bee" };
      const { id } = (await world.admin("POST", `${path}/labels`, label)).body;
      await world.admin("POST", `${path}/labels`, { name: "a", color: "#fff" });
      const one = `${path}/labels/${id}`;
      const changed = await world.admin("PATCH", one, { description: "wasp" });
      expect(changed.body).toMatchObject({ name: "b", color: "00aabb", description: "wasp" });
      const listed = await world.admin("GET", `${path}/labels`);
      expect(listed.body).toMatchObject([{ name: "a" }, { name: "b" }]);
      expect((await world.admin("DELETE", one)).status).toBe(204);
      const left = await world.admin("GET", `${path}/labels`);
      expect(left.body).toMatchObject([{ name: "a" }]);
    },
  },
  {
    says: "labels are taken from an issue one by one or all at once",
    source: "routers/api/v1/repo/issue_label.go DeleteIssueLabel, ClearIssueLabels",
    mutation: {
      file: "issues/issue-labels",
      find: "issue_id = ? AND label_id = ?",
      replace: "issue_id = ? AND label_id = -?",
    },
    check: async (world) => {
      const { path } = await withIssues(world, ["labelled"]);
      const ids: unknown[] = [];
      for (const name of ["a", "b", "c"]) {
        const label = await world.admin("POST", `${path}/labels`, { name, color: "#00aabb" });
        ids.push(label.body.id);
      }
      const labels = `${path}/issues/1/labels`;
      const left = async () => (await world.admin("GET", `${path}/issues/1`)).body.labels;
      const { body } = await world.admin("POST", labels, { labels: ids });
      expect((await world.admin("DELETE", `${labels}/${body[0]?.id}`)).status).toBe(204);
      expect(await left()).toMatchObject([{ name: "b" }, { name: "c" }]);
      expect((await world.admin("DELETE", labels)).status).toBe(204);
      expect(await left()).toEqual([]);
    },
  },
  {
    says: "comments are found by the time of their last change",
    source: "routers/api/v1/repo/issue_comment.go ListIssueComments",
    mutation: { file: "issues/comment-routes", find: "updated >= ?", replace: "updated < ?" },
    check: async (world) => {
      const { path } = await withIssues(world, ["talk"]);
      const made = await world.admin("POST", `${path}/issues/1/comments`, { body: "one" });
      expect(made).toMatchObject({ status: 201, body: { body: "one" } });
      const list = async (query: string) =>
        (await world.admin("GET", `${path}/issues/1/comments?${query}`)).body;
      expect(await list(`since=${anHourAgo()}`)).toMatchObject([{ id: made.body.id }]);
      expect(await list(`since=${inAnHour()}`)).toEqual([]);
      expect(await list(`before=${anHourAgo()}`)).toEqual([]);
    },
  },
  {
    says: "a dependency is taken back, one on an absent issue is not found, and readers set none",
    source: "routers/api/v1/repo/issue_dependency.go",
    mutation: {
      file: "issues/link-routes",
      find: "issue_id = ? AND dependency_id = ?",
      replace: "issue_id = ? AND dependency_id = -?",
    },
    check: async (world) => {
      const { path, owner, name } = await withIssues(world, ["first", "second"]);
      const { login, call } = await world.person("reader");
      await world.admin("PUT", `${path}/collaborators/${login}`, { permission: "read" });
      const dependencies = `${path}/issues/2/dependencies`;
      const first = { owner, repo: name, index: 1 };
      expect((await call("POST", dependencies, first)).status).toBe(404);
      const absent = { ...first, index: 99 };
      expect((await world.admin("POST", dependencies, absent)).status).toBe(404);
      expect((await world.admin("POST", dependencies, first)).status).toBe(201);
      expect((await call("GET", dependencies)).body).toMatchObject([{ number: 1 }]);
      expect((await world.admin("DELETE", dependencies, first)).status).toBe(201);
      expect((await world.admin("GET", dependencies)).body).toEqual([]);
    },
  },
];
