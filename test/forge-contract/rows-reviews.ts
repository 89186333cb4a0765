/** Reviews in their parts: drafts, comments on lines, dismissal. */
import { expect } from "vitest";
import type { Row } from "./row.ts";
import { merge, notReady, review, scene } from "./scene.ts";

export const reviewRows: readonly Row[] = [
  {
    says: "a pending review is its author's alone",
    source: "routers/api/v1/repo/pull_review.go CreatePullReview, ListPullReviews",
    mutation: {
      file: "reviews/routes",
      find: 'state !== "PENDING" || user',
      replace: "true || user",
    },
    check: async (world) => {
      const { dev, critic, pull } = await scene(world);
      const draft = await review(critic, pull, "PENDING: not yet");
      expect(draft.body).toMatchObject({ state: "PENDING" });
      expect((await dev.call("GET", `${pull.path}/reviews`)).body).toEqual([]);
      const own = await critic.call("GET", `${pull.path}/reviews`);
      expect(own.body).toMatchObject([{ id: draft.body.id, state: "PENDING" }]);
    },
  },
  {
    says: "comments on lines belong to a review and carry their place and the hunk",
    source:
      "routers/api/v1/repo/pull_review.go CreatePullReview, services/convert/pull_review.go ToPullReviewCommentList",
    mutation: {
      file: "reviews/comments",
      find: "position: Math.max(0, comment.line)",
      replace: "position: 0",
    },
    check: async (world) => {
      const { dev, critic, pull } = await scene(world);
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
    },
  },
  {
    says: "a dismissed approval does not count",
    source: "models/issues/pull.go GetGrantedApprovalsCount",
    mutation: { file: "reviews/reviews", find: "!dismissed &&", replace: "" },
    check: async (world) => {
      const { dev, critic, pull } = await scene(world, { required_approvals: 1 });
      const made = await review(critic, pull, "APPROVED");
      const one = `${pull.path}/reviews/${made.body.id}`;
      await world.admin("POST", `${one}/dismissals`, { message: "on second thought" });
      expect(await merge(dev, pull)).toMatchObject(notReady("Does not have enough approvals"));
    },
  },
];
