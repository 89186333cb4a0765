/** What is in a repository: branches, files, what a pull request changes, statuses; and applications. */
import { expect } from "vitest";
import type { Row } from "./row.ts";
import { merge, scene } from "./scene.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

export const contentRows: readonly Row[] = [
  {
    says: "a branch is made from another or from a sha, is listed, and made once",
    source: "routers/api/v1/repo/branch.go CreateBranch, ListBranches",
    mutation: { file: "branches/routes", find: "new ApiError(409", replace: "new ApiError(422" },
    check: async (world) => {
      const repository = await world.repository({ writers: ["dev"] });
      const { call } = await world.person("dev");
      const branches = `${repository.path}/branches`;
      const sha = await world.commit(repository, { file: "x.txt" });
      const made = await call("POST", branches, {
        new_branch_name: "a/b",
        old_branch_name: "main",
      });
      expect(made).toMatchObject({ status: 201, body: { name: "a/b", commit: { id: sha } } });
      const again = await call("POST", branches, { new_branch_name: "a/b" });
      expect(again.status).toBe(409);
      const fromSha = await call("POST", branches, { new_branch_name: "c", old_ref_name: sha });
      expect(fromSha.status).toBe(201);
      const nowhere = { new_branch_name: "d", old_branch_name: "absent" };
      expect((await call("POST", branches, nowhere)).status).toBe(404);
      const listed = await call("GET", branches);
      expect(listed.headers.get("x-total-count")).toBe("3");
      const names = Object.values(listed.body).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["a/b", "c", "main"]));
      expect((await call("DELETE", `${branches}/a/b`)).status).toBe(204);
      expect((await call("GET", `${branches}/a/b`)).status).toBe(404);
    },
  },
  {
    says: "a file is read, replaced and deleted by who names the blob that stands",
    source: "routers/api/v1/repo/file.go GetContents, UpdateFile, DeleteFile",
    mutation: { file: "contents/file-changes", find: "entry.sha === change.sha", replace: "true" },
    check: async (world) => {
      const repository = await world.repository({ writers: ["dev"] });
      const { call } = await world.person("dev");
      const file = `${repository.path}/contents/docs/a.txt`;
      const made = await call("POST", file, { content: base64("one"), message: "first" });
      expect(made).toMatchObject({ status: 201, body: { content: { type: "file", size: 3 } } });
      const sha = String(made.body.content?.sha);
      const wrong = { content: base64("two"), sha: "0".repeat(40) };
      expect((await call("PUT", file, wrong)).status).toBe((await world.major()) < 15 ? 422 : 409);
      const changed = await call("PUT", file, { content: base64("two"), sha });
      expect(changed.status).toBe(200);
      const read = await call("GET", file);
      expect(read.body).toMatchObject({ content: base64("two"), encoding: "base64" });
      const top = await call("GET", `${repository.path}/contents`);
      expect(top.body).toEqual(
        expect.arrayContaining([expect.objectContaining({ path: "docs", type: "dir" })]),
      );
      expect((await call("DELETE", file, { sha: "0".repeat(40) })).status).not.toBe(200);
      const last = String(changed.body.content?.sha);
      expect((await call("DELETE", file, { sha: last })).status).toBe(200);
      expect((await call("GET", file)).status).toBe(404);
    },
  },
  {
    says: "a pull request tells its files, its commits and its diff",
    source:
      "routers/api/v1/repo/pull.go GetPullRequestFiles, GetPullRequestCommits, DownloadPullDiffOrPatch",
    mutation: { file: "pulls/content-routes", find: 'A: "added"', replace: 'A: "modified"' },
    check: async (world) => {
      const { dev, pull } = await scene(world);
      const files = await dev.call("GET", `${pull.path}/files`);
      expect(files.body).toMatchObject([
        { filename: "topic.txt", status: "added", additions: 1, deletions: 0, changes: 1 },
      ]);
      const commits = await dev.call("GET", `${pull.path}/commits`);
      expect(commits.body).toMatchObject([{ sha: pull.sha }]);
      expect(commits.headers.get("x-total-count")).toBe("1");
      const diff = String((await dev.call("GET", `${pull.path}.diff`)).body);
      expect(diff).toContain("+++ b/topic.txt\n@@ -0,0 +1 @@\n+topic");
      expect((await dev.call("GET", `${pull.path}.patch`)).body).toContain("Subject: [PATCH]");
    },
  },
  {
    says: "pull requests are listed by their state with their heads, and whether one is merged is told by the status",
    source: "routers/api/v1/repo/pull.go ListPullRequests, IsPullRequestMerged",
    mutation: {
      file: "pulls/merge-routes",
      find: "!pullParameter(c, forge, request).pull.merged",
      replace: "false",
    },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      const list = async (state: string) =>
        (await dev.call("GET", `${repository.path}/pulls?state=${state}`)).body;
      const shown = { number: pull.number, head: { ref: "topic", sha: pull.sha } };
      expect(await list("open")).toMatchObject([{ ...shown, merged: false }]);
      expect((await dev.call("GET", `${pull.path}/merge`)).status).toBe(404);
      await world.eventually(async () => (await merge(dev, pull)).status === 200);
      expect((await dev.call("GET", `${pull.path}/merge`)).status).toBe(204);
      expect(await list("open")).toEqual([]);
      expect(await list("closed")).toMatchObject([{ ...shown, merged: true }]);
    },
  },
  {
    says: "the statuses of a commit are listed by its sha or its branch, all or those in one state",
    source: "routers/api/v1/repo/status.go GetCommitStatuses, GetCommitStatusesByRef",
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
      for (const path of [`statuses/${sha}`, `commits/${sha}/statuses`, "commits/main/statuses"]) {
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
