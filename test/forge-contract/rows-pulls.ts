/** Pull requests, their reviews, and the protections themselves. */
import { expect } from "vitest";
import type { Row } from "./row.ts";
import { merge, review, scene } from "./scene.ts";

export const pullRows: readonly Row[] = [
  {
    says: "conflicting changes are not mergeable",
    source: "services/pull/patch.go testPatch",
    mutation: { file: "pulls/pulls", find: "conflicting: bit(!merged)", replace: "conflicting: 0" },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world, undefined, { file: "same.txt" });
      await world.commit(repository, { file: "same.txt", text: "otherwise" });
      await world.eventually(
        async () => (await dev.call("GET", pull.path)).body.mergeable === (false as unknown),
      );
      expect((await merge(dev, pull, { Do: "merge" })).status).toBe(405);
    },
  },
  {
    says: "work in progress is not merged, nor by a style the repository does not allow",
    source: "services/pull/check.go, models/repo/repo_unit.go IsMergeStyleAllowed",
    mutation: { file: "pulls/merge-check", find: "isDraft(pull.issue.title)", replace: "false" },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      await dev.call("PATCH", pull.path, { title: "WIP: not yet" });
      expect((await merge(dev, pull)).status).toBe(405);
      await dev.call("PATCH", pull.path, { title: "ready" });
      await world.admin("PATCH", repository.path, { allow_squash_merge: false });
      expect((await merge(dev, pull, { Do: "squash" })).status).toBe(405);
      expect((await merge(dev, pull)).status).toBe(200);
    },
  },
  {
    says: "a merge closes the issue that the pull request says it closes, and deletes its branch if told",
    source: "services/pull/merge.go handleCloseCrossReferences, services/repository/branch.go",
    mutation: {
      file: "issues/closing",
      find: 'setClosed(db, { issue, doer }, action === "close")',
      replace: "",
    },
    check: async (world) => {
      const repository = await world.repository({ writers: ["dev"] });
      const dev = await world.person("dev");
      await world.admin("POST", `${repository.path}/issues`, { title: "wanted" });
      await world.admin("POST", `${repository.path}/issues`, { title: "related" });
      const body = "Closes #1, related to #2\n\n```\nfixes #2\n```\n";
      const pull = await world.pull(repository, { by: dev, branch: "topic", body });
      await merge(dev, pull, { delete_branch_after_merge: true });
      const state = async (n: number) =>
        (await dev.call("GET", `${repository.path}/issues/${n}`)).body.state;
      expect([await state(1), await state(2)]).toEqual(["closed", "open"]);
      expect((await dev.call("GET", `${repository.path}/branches/topic`)).status).toBe(404);
    },
  },
  {
    says: "one pull request per pair of branches is open, and head and base must differ and exist",
    source: "routers/api/v1/repo/pull.go CreatePullRequest",
    mutation: { file: "pulls/routes", find: "if (!other)", replace: "if (true)" },
    check: async (world) => {
      const { repository, dev } = await scene(world);
      const open = (head: string, base: string) =>
        dev.call("POST", `${repository.path}/pulls`, { title: "x", head, base });
      expect((await open("topic", "main")).status).toBe(409);
      expect((await open("main", "main")).status).toBe(422);
      expect((await open("absent", "main")).status).toBe((await world.major()) < 15 ? 500 : 404);
      expect((await open("topic", "absent")).status).toBe(404);
    },
  },
  {
    says: "only administrators of the repository dismiss a review",
    source: "routers/api/v1/repo/pull_review.go dismissReview",
    mutation: {
      file: "reviews/routes",
      find: '!allows(request.access, "admin")',
      replace: "false",
    },
    check: async (world) => {
      const { dev, critic, pull } = await scene(world);
      const made = await review(critic, pull, "REQUEST_CHANGES: no");
      const path = `${pull.path}/reviews/${made.body.id}/dismissals`;
      expect((await dev.call("POST", path, { message: "x" })).status).toBe(403);
      const done = await world.admin("POST", path, { message: "x" });
      expect(done.body).toMatchObject({ dismissed: true });
    },
  },
  {
    says: "a protection is made once, read back as written, changed and deleted",
    source: "routers/api/v1/repo/branch.go",
    mutation: {
      file: "branches/protection-routes",
      find: "mergers: ids(",
      replace: "mergers: () => ids(",
    },
    check: async (world) => {
      const repository = await world.repository({ writers: ["dev"] });
      const { login } = await world.person("dev");
      const rule = {
        required_approvals: 2,
        enable_merge_whitelist: true,
        merge_whitelist_usernames: [login],
        status_check_contexts: ["ci"],
        protected_file_patterns: "x/*",
      };
      expect(await world.protect(repository, rule)).toMatchObject({ rule_name: "main", ...rule });
      const path = `${repository.path}/branch_protections`;
      const again = await world.admin("POST", path, { rule_name: "main" });
      expect(again.status).toBe(403);
      const changed = await world.admin("PATCH", `${path}/main`, { required_approvals: 0 });
      expect(changed.body).toMatchObject({ ...rule, required_approvals: 0 });
      expect((await world.admin("DELETE", `${path}/main`)).status).toBe(204);
      expect((await world.admin("GET", `${path}/main`)).status).toBe(404);
    },
  },
];
