/** What stands between a pull request and the primary branch. */
import { expect } from "vitest";
import type { Row } from "./row.ts";
import { merge, notReady, review, scene } from "./scene.ts";

export const mergeRows: readonly Row[] = [
  {
    says: "fast-forward-only puts the head itself on the base, and the pull request says who merged what",
    source: "services/pull/merge_ff_only.go, models/issues/pull.go SetMerged",
    mutation: { file: "pulls/merge", find: "merge_commit: commit", replace: 'merge_commit: "x"' },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      const done = await merge(dev, pull, { head_commit_id: pull.sha });
      expect(done.status).toBe(200);
      const read = await dev.call("GET", pull.path);
      const merged_by = { login: dev.login };
      expect(read.body).toMatchObject({ merged: true, merge_commit_sha: pull.sha, merged_by });
      const main = await dev.call("GET", `${repository.path}/branches/main`);
      expect(main.body).toMatchObject({ commit: { id: pull.sha } });
    },
  },
  {
    says: "another head than the expected one is not merged",
    source: "services/pull/merge_prepare.go createTemporaryRepoForMerge",
    mutation: {
      file: "pulls/merge",
      find: "request.headSha !== pull.pull.head_sha",
      replace: "false",
    },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      await world.commit(repository, { file: "more.txt", branch: "topic" });
      const refused = await merge(dev, pull, { head_commit_id: pull.sha });
      expect(refused).toMatchObject({ status: 409, body: { message: "head out of date" } });
    },
  },
  {
    says: "fast-forward-only fails with 500 when the base went another way",
    source:
      "routers/api/v1/repo/pull.go MergePullRequest (no case for ErrMergeDivergingFastForwardOnly)",
    mutation: {
      file: "pulls/merge",
      find: "await git.isAncestor(pull.checked_base, pull.head_sha)",
      replace: "true",
    },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      await world.commit(repository, { file: "aside.txt" });
      await world.eventually(async () => (await merge(dev, pull)).status === 500);
      expect((await dev.call("GET", pull.path)).body).toMatchObject({ merged: false });
    },
  },
  {
    says: "a merged pull request is not merged again, a closed one is not found",
    source: "services/pull/check.go CheckPullMergeable",
    mutation: { file: "pulls/merge-check", find: "if (pull.pull.merged)", replace: "if (false)" },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      await merge(dev, pull);
      expect((await merge(dev, pull)).status).toBe(405);
      const other = await world.pull(repository, { by: dev, branch: "other" });
      await dev.call("PATCH", other.path, { state: "closed" });
      expect((await merge(dev, other)).status).toBe(404);
    },
  },
  {
    says: "only who may merge merges, where the protection names them",
    source: "services/pull/merge.go IsUserAllowedToMerge",
    mutation: {
      file: "branches/protections",
      find: "protection.mergers.includes(user.id)",
      replace: "true",
    },
    check: async (world) => {
      const { login } = await world.person("dev");
      const rule = { enable_merge_whitelist: true, merge_whitelist_usernames: [login] };
      const { repository, dev, critic, pull } = await scene(world);
      await world.protect(repository, rule);
      await world.settled(pull);
      const refused = await merge(critic, pull);
      expect(refused).toMatchObject({
        status: 405,
        body: { message: "User not allowed to merge PR" },
      });
      await world.eventually(async () => (await merge(dev, pull)).status === 200);
    },
  },
  {
    says: "a required status must have succeeded on the head, and a pattern names many",
    source: "services/pull/commit_status.go MergeRequiredContextsCommitStatus",
    mutation: { file: "statuses/statuses", find: 'match?.state === "success"', replace: "true" },
    check: async (world) => {
      const rule = { enable_status_check: true, status_check_contexts: ["ci/*"] };
      const { repository, dev, pull } = await scene(world, rule);
      const post = (state: string, context: string) =>
        dev.call("POST", `${repository.path}/statuses/${pull.sha}`, { state, context });
      const reason = notReady("Not all required status checks successful");
      await post("success", "other");
      expect(await merge(dev, pull)).toMatchObject(reason);
      await post("failure", "ci/test");
      expect(await merge(dev, pull)).toMatchObject(reason);
      await post("success", "ci/test");
      expect((await merge(dev, pull)).status).toBe(200);
    },
  },
  {
    says: "approvals count only from the people on the list",
    source: "models/git/protected_branch.go IsUserOfficialReviewer",
    mutation: {
      file: "branches/protections",
      find: "approvers.includes(user.id)",
      replace: "approvers.length > 0",
    },
    check: async (world) => {
      const repository = await world.repository({ writers: ["dev", "critic", "extra"] });
      const [dev, critic, extra] = await Promise.all(
        ["dev", "critic", "extra"].map((role) => world.person(role)),
      );
      if (!dev || !critic || !extra) throw new Error("no people");
      await world.protect(repository, {
        required_approvals: 1,
        enable_approvals_whitelist: true,
        approvals_whitelist_username: [critic.login],
      });
      const pull = await world.pull(repository, { by: dev, branch: "topic" });
      const unofficial = await review(extra, pull, "APPROVED");
      expect(unofficial.body).toMatchObject({ official: false, state: "APPROVED" });
      expect(await merge(dev, pull)).toMatchObject(notReady("Does not have enough approvals"));
      expect((await review(critic, pull, "APPROVED")).body).toMatchObject({ official: true });
      expect((await merge(dev, pull)).status).toBe(200);
    },
  },
  {
    says: "nobody approves or rejects their own pull request",
    source: "routers/api/v1/repo/pull_review.go preparePullReviewType",
    mutation: { file: "reviews/routes", find: "issue.poster_id === user.id", replace: "false" },
    check: async (world) => {
      const { dev, pull } = await scene(world);
      expect((await review(dev, pull, "APPROVED")).status).toBe(422);
      expect((await review(dev, pull, "REQUEST_CHANGES: no")).status).toBe(422);
      expect((await review(dev, pull, "COMMENT: hm")).status).toBe(200);
    },
  },
  {
    says: "a rejection needs words, and blocks the merge until the same person approves",
    source:
      "models/issues/pull.go MergeBlockedByRejectedReview, models/issues/review.go CreateReview",
    mutation: {
      file: "reviews/reviews",
      find: "SET dismissed = 1",
      replace: "SET dismissed = dismissed",
    },
    check: async (world) => {
      const { dev, critic, pull } = await scene(world, { block_on_rejected_reviews: true });
      expect((await review(critic, pull, "REQUEST_CHANGES")).status).toBe(422);
      expect((await review(critic, pull, "REQUEST_CHANGES: no")).status).toBe(200);
      expect(await merge(dev, pull)).toMatchObject(notReady("There are requested changes"));
      await review(critic, pull, "APPROVED");
      const reviews = await dev.call("GET", `${pull.path}/reviews`);
      expect(reviews.body).toMatchObject([{ dismissed: true }, { dismissed: false }]);
      expect((await merge(dev, pull)).status).toBe(200);
    },
  },
  {
    says: "a commit that changes the content makes approvals stale, which then do not count if so ruled",
    source:
      "services/pull/pull.go ValidatePullRequest, models/issues/pull.go GetGrantedApprovalsCount",
    mutation: { file: "pulls/pulls", find: "SET stale = 1", replace: "SET stale = 0" },
    check: async (world) => {
      const rule = { required_approvals: 1, ignore_stale_approvals: true };
      const { repository, dev, critic, pull } = await scene(world, rule);
      await review(critic, pull, "APPROVED");
      await world.commit(repository, { file: "later.txt", branch: "topic" });
      await world.eventually(async () => {
        const reviews = await dev.call("GET", `${pull.path}/reviews`);
        return reviews.body[0]?.stale === (true as unknown);
      });
      await world.settled(pull);
      expect(await merge(dev, pull)).toMatchObject(notReady("Does not have enough approvals"));
    },
  },
  {
    says: "a head behind its base is not merged where outdated branches are blocked",
    source: "models/issues/pull.go MergeBlockedByOutdatedBranch",
    mutation: { file: "pulls/merge-check", find: "pull.pull.behind > 0", replace: "false" },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      await world.commit(repository, { file: "aside.txt" });
      await world.protect(repository, { block_on_outdated_branch: true });
      await world.settled(pull);
      // Just after the base moved the check reads an old number: 409 by the hook, or, by another style than this, a merge.
      await world.eventually(async () => {
        const { status, body } = await merge(dev, pull);
        expect(status).not.toBe(200);
        const reason = "not allowed to merge [reason: The head branch is behind the base branch]";
        return status === 405 && body.message === (reason as unknown);
      });
    },
  },
  {
    says: "a pull request that changes a protected file is not merged",
    source: "models/git/protected_branch.go MergeBlockedByProtectedFiles",
    mutation: { file: "pulls/merge-check", find: "matchesFile(patterns, path)", replace: "false" },
    check: async (world) => {
      const rule = { protected_file_patterns: ".woodpecker/**;*.lock" };
      const { dev, pull } = await scene(world, rule, { file: ".woodpecker/ci/test.yml" });
      expect(await merge(dev, pull)).toMatchObject(notReady("Changed protected files"));
    },
  },
];
