/** What a forge cuts, leaves out and lacks: each is an answer that reads like another one. */
import { expect } from "vitest";
import type { Row } from "./row.ts";
import { scene } from "./scene.ts";

export const edgeRows: readonly Row[] = [
  {
    says: "a name without access of its own is left out of a protection, a site administrator's too; an absent one is refused",
    source: "models/git/protected_branch.go updateUserWhitelist, services/context/permission.go",
    mutation: {
      file: "branches/protection-routes",
      find: "ownAccessOf(forge.db, repository, user), needed",
      replace: "'owner', needed",
    },
    check: async (world) => {
      const owner = await world.person("owner");
      const name = world.login("own");
      const options = { name, private: true, auto_init: true, default_branch: "main" };
      await world.admin("POST", `/admin/users/${owner.login}/repos`, options);
      const path = `/repos/${owner.login}/${name}`;
      const rule = (mergers: readonly string[]) => ({
        enable_merge_whitelist: true,
        merge_whitelist_usernames: mergers,
      });
      const rules = `${path}/branch_protections`;
      const asked = { rule_name: "main", ...rule([world.target.login, owner.login]) };
      const made = await owner.call("POST", rules, asked);
      expect(made).toMatchObject({ status: 201, body: rule([owner.login]) });
      const alone = await owner.call("PATCH", `${rules}/main`, rule([world.target.login]));
      expect(alone).toMatchObject({ status: 200, body: rule([]) });
      const absent = await owner.call("PATCH", `${rules}/main`, rule([world.login("absent")]));
      expect(absent.status).toBe(422);
      await world.admin("DELETE", path);
    },
  },
  {
    says: "an unknown commit takes no status, and has none; a branch's name stands for its commit",
    source: "routers/api/v1/repo/status.go NewCommitStatus, services/repository/commitstatus.go",
    mutation: {
      file: "statuses/routes",
      find: 'if (sha === undefined)\n            throw new ApiError(500, "");',
      replace: "if (sha === undefined)\n            throw notFound();",
    },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      const unknown = "1".repeat(40);
      const post = (ref: string) =>
        dev.call("POST", `${repository.path}/statuses/${ref}`, { state: "success", context: "x" });
      expect((await post(unknown)).status).toBe((await world.major()) < 15 ? 500 : 404);
      const read = await dev.call("GET", `${repository.path}/commits/${unknown}/status`);
      expect(read).toMatchObject({
        status: 200,
        body: { sha: "", total_count: 0, statuses: null },
      });
      expect((await post("topic")).status).toBe(201);
      const ofCommit = await dev.call("GET", `${repository.path}/commits/${pull.sha}/status`);
      expect(ofCommit.body).toMatchObject({ sha: pull.sha, total_count: 1 });
    },
  },
  {
    says: "a title is cut to 255 bytes, whole letters and an ellipsis, when it is made and when it is changed",
    source:
      "models/issues/issue_update.go NewIssueWithIndex, ChangeIssueTitle; modules/util/truncate.go",
    mutation: { file: "issues/title", find: "left < 0", replace: "false" },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      const issues = `${repository.path}/issues`;
      const title = async (given: string) =>
        (await dev.call("POST", issues, { title: given })).body.title;
      expect(await title("x".repeat(255))).toBe("x".repeat(255));
      expect(await title("x".repeat(300))).toBe(`${"x".repeat(252)}…`);
      expect(await title("ä".repeat(250))).toBe(`${"ä".repeat(126)}…`);
      const changed = await dev.call("PATCH", pull.path, { title: "y".repeat(300) });
      expect(changed).toMatchObject({ status: 201, body: { title: `${"y".repeat(252)}…` } });
    },
  },
  {
    says: "an empty repository has no issues, no pull requests, and no state of its branch",
    source: "routers/api/v1/api.go mustNotBeEmpty",
    mutation: { file: "statuses/routes", find: ".size === 0", replace: ".size < 0" },
    check: async (world) => {
      const { path } = await world.repository({ empty: true });
      const ask = async (route: string) => {
        const { status, body } = await world.admin("GET", `${path}${route}`);
        return [route, status, Array.isArray(body) ? body.length : undefined];
      };
      const routes = ["/labels", "/issues"];
      expect(await Promise.all(routes.map(ask))).toEqual(routes.map((route) => [route, 200, 0]));
      expect(await ask("/branches/main")).toEqual(["/branches/main", 404, undefined]);
      expect(await ask("/pulls")).toEqual(["/pulls", 404, undefined]);
      expect(await ask("/commits/main/status")).toEqual(["/commits/main/status", 500, undefined]);
      const pull = { title: "x", head: "topic", base: "main" };
      expect((await world.admin("POST", `${path}/pulls`, pull)).status).toBe(404);
      expect((await world.admin("GET", path)).body).toMatchObject({ empty: true });
    },
  },
];
