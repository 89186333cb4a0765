/** Reviews (routers/api/v1/repo/pull_review.go). */
import { Hono } from "hono";
import * as z from "zod";
import { type ForgeContext, gitOf } from "../forge.ts";
import { forbidden, invalid, notFound } from "../http/api-error.ts";
import { listAnswer, requireRoom } from "../http/list-answer.ts";
import { countHeader, cut, pageOf } from "../http/paging.ts";
import {
  bodyOf,
  type Context,
  type Env,
  enterRepository,
  enterSigned,
  int,
  numberParameter,
  type RepositoryRequest,
  type SignedRequest,
  text,
} from "../http/request.ts";
import { contentChanged, getPull, type Pull, refreshPulls } from "../pulls/pulls.ts";
import { inQueue, pullParameter } from "../pulls/routes.ts";
import { reviewShape } from "../pulls/shapes.ts";
import { allows } from "../repositories/permission.ts";
import type { ReviewRow, ReviewState } from "../store/rows.ts";
import { addReviewComments } from "./comments.ts";
import { findReview, reviewsOf, setDismissed, submitReview } from "./reviews.ts";

const path = "/repos/:owner/:repo/pulls/:index/reviews";

const NewReview = z.object({
  event: text.default(""),
  body: text.default(""),
  commit_id: text.default(""),
  comments: z
    .array(
      z.object({
        path: text.default(""),
        body: text.default(""),
        old_position: int.default(0),
        new_position: int.default(0),
      }),
    )
    .default([]),
});
type NewReview = z.infer<typeof NewReview>;
const Dismissal = z.object({ message: text.default(""), priors: z.boolean().default(false) });

export function reviewRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(path, async (c) => {
    const request = enterRepository(c, forge);
    const pull = await freshPull(c, forge, request);
    const all = reviewsOf(forge.db, pull);
    countHeader(c, all.length);
    const shown = cut(all, pageOf(c)).filter((review) => maySee(request, review));
    return listAnswer(c, shown, (review) => shapeOf(forge, request, { pull, review }));
  });
  routes.post(path, async (c) => {
    const request = enterSigned(c, forge);
    const { issue } = pullParameter(c, forge, request);
    const body = await bodyOf(c, NewReview);
    const texts = [body.body, ...body.comments.map((comment) => comment.body)];
    requireRoom(forge.db, issue, { access: request.access, text: texts.join("") });
    const pull = await freshPull(c, forge, request);
    const review = await inQueue(forge, request, () => create(forge, request, { pull, body }));
    return c.json(shapeOf(forge, request, { pull, review }));
  });
  routes.post(`${path}/:id/dismissals`, async (c) => {
    const request = enterSigned(c, forge);
    const { priors } = await bodyOf(c, Dismissal);
    const found = dismissable(c, forge, request);
    setDismissed(forge.db, found.review, true);
    if (priors) dismissPriors(forge, found);
    return c.json(shapeOf(forge, request, reviewParameter(c, forge, request)));
  });
  return routes;
}

interface FoundReview {
  readonly pull: Pull;
  readonly review: ReviewRow;
}

function shapeOf(forge: ForgeContext, { repository, user }: RepositoryRequest, found: FoundReview) {
  return reviewShape(forge, repository, { ...found, viewer: user });
}

async function freshPull(
  c: Context,
  forge: ForgeContext,
  request: RepositoryRequest,
): Promise<Pull> {
  const { issue } = pullParameter(c, forge, request);
  await inQueue(forge, request, () => refreshPulls(forge, request.repository));
  return getPull(forge.db, issue.id);
}

function maySee({ user }: RepositoryRequest, { state, reviewer_id }: ReviewRow): boolean {
  return state !== "PENDING" || user?.admin === 1 || user?.id === reviewer_id;
}

export function reviewParameter(
  c: Context,
  forge: ForgeContext,
  request: RepositoryRequest,
): FoundReview {
  const pull = pullParameter(c, forge, request);
  const review = findReview(forge.db, pull, numberParameter(c, "id"));
  if (!review || !maySee(request, review)) throw notFound();
  return { pull, review };
}

/** preparePullReviewType: nobody judges their own, a rejection needs words, a comment needs something. */
function stateOf(
  { user }: SignedRequest,
  { issue }: Pull,
  { event, body, comments }: { event: string; body: string; comments: number },
): ReviewState {
  const hasBody = body.trim() !== "";
  const own = issue.poster_id === user.id;
  if (event === "APPROVED") {
    if (own) throw invalid("approve your own pull is not allowed");
    return "APPROVED";
  }
  if (event === "COMMENT") {
    if (hasBody || comments > 0) return "COMMENT";
    throw invalid(`review event ${event} requires a body or a comment`);
  }
  if (event === "REQUEST_CHANGES" && own) throw invalid("reject your own pull is not allowed");
  if (!hasBody) throw invalid(`review event ${event} requires a body`);
  return event === "REQUEST_CHANGES" ? "REQUEST_CHANGES" : "PENDING";
}

async function create(
  forge: ForgeContext,
  request: SignedRequest,
  { pull, body }: { pull: Pull; body: NewReview },
): Promise<ReviewRow> {
  const state = stateOf(request, pull, { ...body, comments: body.comments.length });
  const commit = body.commit_id || pull.pull.head_sha;
  const stale = await isStale(forge, request, { pull, state, commit });
  const comments = await addReviewComments(forge, request.repository, {
    pull,
    commit,
    comments: body.comments,
  });
  return forge.db.transaction(() => {
    const review = submitReview(forge.db, request.repository, {
      pull,
      review: { reviewer: request.user, state, body: body.body, commit, stale },
    });
    comments.save(review, request.user);
    return review;
  });
}

/** services/pull/review.go SubmitReview: a verdict on an older commit counts as stale if the content changed since. */
async function isStale(
  forge: ForgeContext,
  { repository }: SignedRequest,
  { pull, state, commit }: { pull: Pull; state: ReviewState; commit: string },
): Promise<boolean> {
  const verdict = state === "APPROVED" || state === "REQUEST_CHANGES";
  if (!verdict || commit === pull.pull.head_sha) return false;
  const git = gitOf(forge, repository);
  if (!/^[0-9a-f]{40}$/.test(commit)) throw invalid(`invalid commit_id: ${commit}`);
  return await contentChanged(git, { pull: pull.pull, from: commit, to: pull.pull.head_sha });
}

/** dismissReview: only the repository's administrators, only verdicts, only while it is open. */
function dismissable(c: Context, forge: ForgeContext, request: SignedRequest): FoundReview {
  if (!allows(request.access, "admin")) throw forbidden("Must be repo admin");
  const found = reviewParameter(c, forge, request);
  if (found.review.state !== "APPROVED" && found.review.state !== "REQUEST_CHANGES") {
    throw forbidden(
      "not need to dismiss this review because it's type is not Approve or change request",
    );
  }
  if (found.pull.issue.closed) {
    throw forbidden("can't dismiss a review associated to a closed or merged PR");
  }
  return found;
}

function dismissPriors(forge: ForgeContext, { pull, review }: FoundReview): void {
  for (const other of reviewsOf(forge.db, pull)) {
    if (other.reviewer_id === review.reviewer_id) setDismissed(forge.db, other, true);
  }
}
