/** Comments on lines, within a review (routers/api/v1/repo/pull_review.go). */
import { Hono } from "hono";
import type { ForgeContext } from "../forge.ts";
import { type Env, enterRepository } from "../http/request.ts";
import { reviewCommentShape, reviewCommentsOf } from "./comments.ts";
import { reviewParameter } from "./routes.ts";

const path = "/repos/:owner/:repo/pulls/:index/reviews/:id/comments";

export function reviewCommentRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(path, (c) => {
    const request = enterRepository(c, forge);
    const { pull, review } = reviewParameter(c, forge, request);
    return c.json(
      reviewCommentsOf(forge.db, review).map((comment) =>
        reviewCommentShape(forge, request.repository, { comment, pull, viewer: request.user }),
      ),
    );
  });
  return routes;
}
