/** Comments on lines, within a review (routers/api/v1/repo/pull_review.go). */
import { Hono } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { bareRefusal, notFound } from "../http/api-error.ts";
import {
  bodyOf,
  type Context,
  type Env,
  enterRepository,
  enterSigned,
  int,
  numberParameter,
  type RepositoryRequest,
  text,
} from "../http/request.ts";
import { allows } from "../repositories/permission.ts";
import { addReviewComments, reviewCommentShape, reviewCommentsOf } from "./comments.ts";
import { reviewParameter } from "./routes.ts";

const path = "/repos/:owner/:repo/pulls/:index/reviews/:id/comments";
const NewComment = z.object({
  path: text.default(""),
  body: text.default(""),
  old_position: int.default(0),
  new_position: int.default(0),
});

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
  routes.post(path, async (c) => {
    const request = enterSigned(c, forge);
    const { pull, review } = reviewParameter(c, forge, request);
    const comment = await bodyOf(c, NewComment);
    const commit = pull.pull.head_sha;
    const added = await addReviewComments(forge, request.repository, {
      pull,
      commit,
      comments: [comment],
    });
    added.save(review, request.user);
    const last = reviewCommentsOf(forge.db, review).at(-1);
    if (!last) throw notFound();
    const viewer = request.user;
    return c.json(reviewCommentShape(forge, request.repository, { comment: last, pull, viewer }));
  });
  routes.get(`${path}/:comment`, (c) => {
    const request = enterRepository(c, forge);
    const { pull, comment } = commentParameter(c, forge, request);
    const viewer = request.user;
    return c.json(reviewCommentShape(forge, request.repository, { comment, pull, viewer }));
  });
  routes.delete(`${path}/:comment`, (c) => {
    const request = enterSigned(c, forge);
    const { comment } = commentParameter(c, forge, request);
    const own = comment.poster_id === request.user.id;
    if (!own && !allows(request.access, "write")) throw bareRefusal(403);
    forge.db.run("DELETE FROM review_comments WHERE id = ?", comment.id);
    return c.body(null, 204);
  });
  return routes;
}

function commentParameter(c: Context, forge: ForgeContext, request: RepositoryRequest) {
  const { pull, review } = reviewParameter(c, forge, request);
  const id = numberParameter(c, "comment");
  const comment = reviewCommentsOf(forge.db, review).find((row) => row.id === id);
  if (!comment) throw notFound();
  return { pull, comment };
}
