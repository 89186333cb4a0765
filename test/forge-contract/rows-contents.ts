/** What is in a repository: branches, files, what a pull request changes, statuses; and applications. */
import { expect } from "vitest";
import type { Row } from "./row.ts";
import { merge, scene } from "./scene.ts";

export const contentRows: readonly Row[] = [
  {
    says: "a pull request tells its files",
    source: "routers/api/v1/repo/pull.go GetPullRequestFiles",
    mutation: { file: "pulls/content-routes", find: 'A: "added"', replace: 'A: "modified"' },
    check: async (world) => {
      const { dev, pull } = await scene(world);
      const files = await dev.call("GET", `${pull.path}/files`);
      expect(files.body).toMatchObject([
        { filename: "topic.txt", status: "added", additions: 1, deletions: 0, changes: 1 },
      ]);
    },
  },
  {
    says: "pull requests are listed by their state with their heads",
    source: "routers/api/v1/repo/pull.go ListPullRequests",
    mutation: {
      file: "pulls/routes",
      find: 'state === "open" || state === "closed" ? state',
      replace: 'state === "open" || state === "closed" ? "all"',
    },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      const list = async (state: string) =>
        (await dev.call("GET", `${repository.path}/pulls?state=${state}`)).body;
      const shown = { number: pull.number, head: { ref: "topic", sha: pull.sha } };
      expect(await list("open")).toMatchObject([{ ...shown, merged: false }]);
      await world.eventually(async () => (await merge(dev, pull)).status === 200);
      expect(await list("open")).toEqual([]);
      expect(await list("closed")).toMatchObject([{ ...shown, merged: true }]);
    },
  },
  {
    says: "the statuses of a commit are listed by its sha or its branch, all or those in one state",
    source: "routers/api/v1/repo/status.go GetCommitStatusesByRef",
    mutation: { file: "statuses/statuses", find: "OR state = ?", replace: "OR state <> ?" },
    check: async (world) => {
      const repository = await world.repository({ writers: ["dev"] });
      const { call } = await world.person("dev");
      const sha = await world.commit(repository, { file: "x.txt" });
      const target = "http://127.0.0.1/run/1";
      for (const state of ["pending", "success"]) {
        const status = { state, context: "ci", target_url: target, description: "a run" };
        const made = await call("POST", `${repository.path}/statuses/${sha}`, status);
        expect(made).toMatchObject({ status: 201, body: { status: state, target_url: target } });
      }
      for (const path of [`commits/${sha}/statuses`, "commits/main/statuses"]) {
        const listed = await call("GET", `${repository.path}/${path}`);
        expect(listed.body).toHaveLength(2);
        expect(listed.headers.get("x-total-count")).toBe("2");
        const green = await call("GET", `${repository.path}/${path}?state=success`);
        expect(green.body).toMatchObject([{ status: "success", context: "ci" }]);
      }
    },
  },
  {
    says: "protections are listed for administrators of the repository",
    source: "routers/api/v1/repo/branch.go ListBranchProtections",
    mutation: {
      file: "branches/protections",
      find: "WHERE repository_id = ?",
      replace: "WHERE repository_id = -?",
    },
    check: async (world) => {
      const repository = await world.repository({ writers: ["dev"] });
      await world.protect(repository, { required_approvals: 3 });
      const path = `${repository.path}/branch_protections`;
      const listed = await world.admin("GET", path);
      expect(listed.body).toMatchObject([{ rule_name: "main", required_approvals: 3 }]);
    },
  },
  {
    says: "an OAuth application is its maker's, is changed and deleted, and shows its secret when it is made",
    source: "routers/api/v1/user/app.go",
    mutation: { file: "users/oauth-applications", find: "user_id = ?", replace: "user_id <> ?" },
    check: async (world) => {
      const { call } = await world.person("maker", ["write:user"]);
      const path = "/user/applications/oauth2";
      const wanted = { name: "ci", confidential_client: true, redirect_uris: ["http://x/a"] };
      const made = await call("POST", path, wanted);
      expect(made).toMatchObject({ status: 201, body: wanted });
      expect(String(made.body.client_secret).length).toBeGreaterThan(20);
      const one = `${path}/${made.body.id}`;
      expect((await call("GET", one)).body).toMatchObject({ ...wanted, client_secret: "" });
      const changed = { ...wanted, redirect_uris: ["http://x/b"] };
      expect((await call("PATCH", one, changed)).body).toMatchObject(changed);
      expect((await call("GET", path)).body).toMatchObject([{ client_id: made.body.client_id }]);
      expect((await call("DELETE", one)).status).toBe(204);
      expect((await call("GET", one)).status).toBe(404);
    },
  },
];
