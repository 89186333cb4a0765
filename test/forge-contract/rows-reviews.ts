/** Reviews in their parts: drafts, comments on lines, dismissal; and bringing a head up to date. */
import { expect } from "vitest";
import type { Row } from "./row.ts";
import { merge, notReady, review, scene } from "./scene.ts";

export const reviewRows: readonly Row[] = [
  {
    says: "a pending review is its author's alone until it is submitted, and can be deleted",
    source:
      "routers/api/v1/repo/pull_review.go CreatePullReview, SubmitPullReview, DeletePullReview",
    mutation: {
      file: "reviews/routes",
      find: 'state !== "PENDING" || user',
      replace: "true || user",
    },
    check: async (world) => {
      const { dev, critic, pull } = await scene(world);
      const draft = await review(critic, pull, "PENDING: not yet");
      expect(draft.body).toMatchObject({ state: "PENDING" });
      const one = `${pull.path}/reviews/${draft.body.id}`;
      expect((await dev.call("GET", one)).status).toBe(404);
      expect((await dev.call("GET", `${pull.path}/reviews`)).body).toEqual([]);
      const sent = await critic.call("POST", one, { event: "APPROVED", body: "good" });
      expect(sent.body).toMatchObject({ state: "APPROVED", body: "good" });
      expect((await dev.call("GET", one)).body).toMatchObject({ state: "APPROVED" });
      expect((await dev.call("DELETE", one)).status).toBe(403);
      expect((await critic.call("DELETE", one)).status).toBe(204);
      expect((await critic.call("GET", one)).status).toBe(404);
    },
  },
  {
    says: "comments on lines belong to a review, carry their place and the hunk, and are deleted by who may write",
    source:
      "routers/api/v1/repo/pull_review.go CreatePullReviewComment, services/convert/pull_review.go ToPullReviewCommentList",
    mutation: {
      file: "reviews/comments",
      find: "position: Math.max(0, comment.line)",
      replace: "position: 0",
    },
    check: async (world) => {
      const { repository, dev, critic, pull } = await scene(world);
      const comments = [{ path: "topic.txt", body: "why?", new_position: 1 }];
      const made = await critic.call("POST", `${pull.path}/reviews`, {
        event: "COMMENT",
        comments,
      });
      expect(made.body).toMatchObject({ state: "COMMENT", comments_count: 1 });
      const below = `${pull.path}/reviews/${made.body.id}/comments`;
      const listed = await dev.call("GET", below);
      expect(listed.body).toMatchObject([{ path: "topic.txt", body: "why?", position: 1 }]);
      expect(listed.body[0]?.diff_hunk).toContain("+topic");
      const more = { path: "topic.txt", body: "and this?", new_position: 1 };
      const second = await critic.call("POST", below, more);
      expect(second.body).toMatchObject({
        body: "and this?",
        pull_request_review_id: made.body.id,
      });
      const one = `${below}/${second.body.id}`;
      expect((await dev.call("GET", one)).body).toMatchObject({ id: second.body.id });
      const reader = await world.person("reader");
      const collaborator = `${repository.path}/collaborators/${reader.login}`;
      await world.admin("PUT", collaborator, { permission: "read" });
      expect((await reader.call("DELETE", one)).status).toBe(403);
      expect((await dev.call("DELETE", one)).status).toBe(204);
      expect((await dev.call("GET", one)).status).toBe(404);
    },
  },
  {
    says: "a dismissed approval does not count, and counts again when that is taken back",
    source:
      "routers/api/v1/repo/pull_review.go UnDismissPullReview, models/issues/pull.go GetGrantedApprovalsCount",
    mutation: { file: "reviews/reviews", find: "!dismissed &&", replace: "" },
    check: async (world) => {
      const { dev, critic, pull } = await scene(world, { required_approvals: 1 });
      const made = await review(critic, pull, "APPROVED");
      const one = `${pull.path}/reviews/${made.body.id}`;
      await world.admin("POST", `${one}/dismissals`, { message: "on second thought" });
      expect(await merge(dev, pull)).toMatchObject(notReady("Does not have enough approvals"));
      const back = await world.admin("POST", `${one}/undismissals`);
      expect(back.body).toMatchObject({ dismissed: false, official: true });
      expect((await merge(dev, pull)).status).toBe(200);
    },
  },
  {
    says: "a head is brought up to date by a merge or a rebase, and a conflict is told",
    source: "routers/api/v1/repo/pull.go UpdatePullRequest, services/pull/update.go",
    mutation: { file: "pulls/update", find: 'update.style === "rebase"', replace: "false" },
    check: async (world) => {
      const { repository, dev, pull } = await scene(world);
      const { path, sha } = pull;
      const clash = await world.pull(repository, { by: dev, branch: "clash", file: "same.txt" });
      await world.commit(repository, { file: "same.txt", text: "another text" });
      const parents = async (head: string) => {
        const commits = Object.values((await dev.call("GET", `${path}/commits`)).body);
        return Object.values(commits.find((one) => one.sha === (head as unknown))?.parents ?? {});
      };
      const head = async () => String((await dev.call("GET", path)).body.head?.sha);
      // Asked for just after the base moved, 15 answers 200 and does nothing: what counts is the head, read back.
      await world.eventually(async () => {
        expect((await dev.call("POST", `${path}/update?style=rebase`)).status).toBe(200);
        return (await head()) !== sha;
      });
      await world.eventually(async () => (await parents(await head())).length === 1);
      await world.commit(repository, { file: "more.txt" });
      const rebased = await head();
      expect((await dev.call("POST", `${path}/update?style=merge`)).status).toBe(200);
      await world.eventually(async () => (await head()) !== rebased);
      await world.eventually(async () => (await parents(await head())).length === 2);
      expect((await dev.call("POST", `${clash.path}/update?style=merge`)).status).toBe(409);
    },
  },
];
