/** The review bot: one formal review per head sha, of the whole change, never of its own work, shared by leases. */

import { commentOnce, isPosted } from "../../bot/issue/comment-once.ts";
import { deriveReviewRef } from "../../bot/leases/refs.ts";
import type { BotTools, ProjectTools } from "../../bot/tools.ts";
import { findCiLogin } from "../../ci/definitions.ts";
import { REVIEW_REFUSED } from "../../core/problems.ts";
import { DisintoError } from "../../errors.ts";
import type { Pull, Review } from "../../ports/forge.ts";
import { judgeStatuses } from "../dev/activities/checking.ts";
import { findEarlier, judgeNeed, mayReview } from "./choice.ts";
import { parseDiff, showHidden } from "./diff.ts";
import { type Assignment, judgeHead, type Reviewed } from "./session.ts";
import { formatComment, toReview } from "./verdict.ts";

/** What changed since an earlier review is context; the whole change is what is judged. */
const MAX_SINCE_CHARACTERS = 20_000;

type ReviewEnd = "reviewed" | "refused" | "head-moved" | "not-needed" | "backend-away" | "held";

/** Returns false if there was nothing to review. `done` remembers the last head seen of each pull request. */
export async function reviewNext(
  tools: BotTools,
  done: Map<string, string>,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const { target, pull } of listOpen(tools, done)) {
    const end = await reviewUnderLease(tools, { target, pull, signal });
    if (signal.aborted || end === "backend-away") return false;
    if (isDone.has(end)) done.set(keyOf(target, pull), pull.headSha);
    if (end === "reviewed") return true;
  }
  return false;
}

const isDone: ReadonlySet<ReviewEnd | "not-now"> = new Set(["refused", "reviewed", "not-needed"]);

async function* listOpen({ projects, user }: BotTools, done: ReadonlyMap<string, string>) {
  for (const target of projects.values()) {
    const { primaryBranch } = target.project;
    for (const pull of await target.pulls.listOpen()) {
      if (!mayReview(user, pull, primaryBranch)) continue;
      if (done.get(keyOf(target, pull)) !== pull.headSha) yield { target, pull };
    }
  }
}

function keyOf({ project }: ProjectTools, { number }: Pull): string {
  return `${project.name}#${number}`;
}

interface PullReview {
  readonly target: ProjectTools;
  readonly pull: Pull;
  readonly signal: AbortSignal;
}

/** `not-now`: another review bot has the lease, or it is not to be reviewed yet; the next look tells. */
async function reviewUnderLease(tools: BotTools, turn: PullReview): Promise<ReviewEnd | "not-now"> {
  const { target, pull, signal } = turn;
  const need = await readNeed(tools, target, pull);
  if (need === "judged") return "not-needed";
  if (need === "somebody-elses" || !(await isChecked(target, pull))) return "not-now";
  const ref = deriveReviewRef(pull.number);
  if (!(await target.claims.tryAcquire(ref))) return "not-now";
  const end = await target.claims.withLease(ref, signal, async (claim, signal) => {
    try {
      // Between the look and the lease another bot may have done it.
      if ((await readNeed(tools, target, pull)) !== "to-review") return "not-needed" as const;
      return await review(tools, { ...turn, signal }, () => claim.assertHeld());
    } finally {
      if (claim.isHeld) await claim.release();
    }
  });
  return typeof end === "string" ? end : "not-now";
}

/** A head that CI has not passed will be another one soon: no model time is spent on it. */
async function isChecked({ project, statuses }: ProjectTools, { headSha }: Pull): Promise<boolean> {
  const { type } = judgeStatuses(project.ci, await statuses.of(headSha, findCiLogin(project.ci)));
  return type !== "red" && type !== "waiting";
}

async function readNeed({ user }: BotTools, { reviews }: ProjectTools, pull: Pull) {
  return judgeNeed(user, pull.headSha, await reviews.of(pull.number));
}

async function review(
  tools: BotTools,
  turn: PullReview,
  assertHeld: () => void,
): Promise<ReviewEnd> {
  const { mirror, project, reviews } = turn.target;
  const { pull, signal } = turn;
  if (await wasRefused(turn)) return "refused";
  const refs = await mirror.refresh();
  const base = refs.get(`refs/heads/${project.primaryBranch}`);
  if (!base || refs.get(`refs/heads/${pull.head}`) !== pull.headSha) return "head-moved";
  const files = parseDiff(await mirror.objects.diff(base, pull.headSha));
  const before = await describeBefore(tools, turn, base);
  const judged = await judgeHead(tools, turn, { files, before });
  if (signal.aborted) return "head-moved";
  if (judged.type === "backend-away" || judged.type === "held") return judged.type;
  if (judged.type === "refused") return refuseReview(tools, turn, judged.reason);
  assertHeld();
  await reviews.submit(pull.number, toReview(judged.verdict, files, pull.headSha));
  report(tools, turn, judged.verdict.verdict);
  return "reviewed";
}

const REFUSED = "review-refused";

function wasRefused({ target, pull }: PullReview): Promise<boolean> {
  return isPosted(target, { on: pull.number, cause: REFUSED, about: pull.headSha });
}

async function refuseReview(tools: BotTools, turn: PullReview, reason: string): Promise<ReviewEnd> {
  const { target, pull } = turn;
  report(tools, turn, `${REVIEW_REFUSED}${reason}`);
  await commentOnce(target, {
    on: pull.number,
    cause: REFUSED,
    about: pull.headSha,
    text: `I give no verdict on ${pull.headSha.slice(0, 10)}: ${reason}. A person has to review it.`,
  });
  return "refused";
}

/** What the bot said of an earlier head, and what became of the change since, leaving out what others merged. */
async function describeBefore(
  { user }: BotTools,
  { target, pull }: Assignment,
  base: string,
): Promise<Reviewed["before"]> {
  const earlier = findEarlier(user, pull.headSha, await target.reviews.of(pull.number));
  if (!earlier) return undefined;
  const comments = await target.reviews.commentsOf(pull.number, earlier);
  const parts = [earlier.body, ...comments.map(formatComment)].filter((part) => part !== "");
  const changed = await diffSince(target, { earlier, head: pull.headSha, base });
  return {
    review: `${earlier.verdict}: ${parts.join("\n")}`,
    changed: showHidden(changed).slice(0, MAX_SINCE_CHARACTERS),
  };
}

interface EarlierReview {
  readonly earlier: Review;
  readonly head: string;
  readonly base: string;
}

/** The earlier change is laid on today's base first, so that a rebase alone changes nothing. */
async function diffSince(
  { mirror }: ProjectTools,
  { earlier, head, base }: EarlierReview,
): Promise<string> {
  const { objects } = mirror;
  try {
    const then = await objects.mergeTrees(base, earlier.sha);
    if (then.type === "conflicted") return "";
    const author = { name: "disinto", email: "disinto@bots.invalid" };
    const stamp = { message: "compare", author, at: "2000-01-01T00:00:00Z" };
    const from = await objects.commit({ ...stamp, tree: then.tree, parents: [] });
    const to = await objects.commit({
      ...stamp,
      tree: await objects.treeOf(head),
      parents: [from],
    });
    return await objects.diff(from, to);
  } catch (error) {
    // The earlier head may be gone from the forge, and from a mirror that was made anew.
    if (error instanceof DisintoError && error.code === "git.failed") return "";
    throw error;
  }
}

function report({ events }: BotTools, { target, pull }: PullReview, verdict: string): void {
  events.append({
    type: "pull.reviewed",
    project: target.project.name,
    pull: pull.number,
    sha: pull.headSha,
    verdict,
  });
}
