import { commentOnce } from "../../../bot/issue/comment-once.ts";
import { type BotTools, type ProjectTools, projectOf } from "../../../bot/tools.ts";
import type { Review } from "../../../ports/forge.ts";
import { formatComment } from "../../review/verdict.ts";
import { leaveLane } from "../lane.ts";
import type { Outcome, State } from "../machine.ts";
import { readPullChange, waitForChange } from "../pull-changes.ts";
import type { PublishedWork } from "../work.ts";

/** A review that takes longer gives the others their turn to merge. */
const LANE_HELD_MS = 15 * 60_000;

/** Waits for a review that counts, of the head as it stands. */
export function awaitReview(
  tools: BotTools,
  { work }: State<"reviewing">,
  signal: AbortSignal,
): Promise<Outcome<"reviewing">> {
  const target = projectOf(tools, work.project);
  return target.claims.withLease(work.issue, signal, (_, signal) =>
    awaitVerdict(tools, { target, work, signal }),
  );
}

interface ReviewWait {
  readonly target: ProjectTools;
  readonly work: PublishedWork;
  readonly signal: AbortSignal;
}

type Reviewed = Exclude<Outcome<"reviewing">, { type: "lost" }>;

async function awaitVerdict(tools: BotTools, waiting: ReviewWait): Promise<Reviewed> {
  const { target, signal } = waiting;
  const sinceMs = tools.clock.monotonicMs();
  const trusted = [...target.project.trustedAuthors, ...(await target.writers())];
  for (let looks = 0; ; looks++) {
    const end = await look(waiting, trusted);
    if (end) return end;
    if (tools.clock.monotonicMs() - sinceMs > LANE_HELD_MS) await leaveLane(target);
    await waitForChange(tools, signal, looks);
  }
}

async function look(
  { target, work }: ReviewWait,
  trusted: readonly string[],
): Promise<Reviewed | undefined> {
  const reviews = await target.reviews.of(work.pull);
  const pushers = reviews.some(({ verdict }) => verdict === "approved")
    ? await findPushers(target, work.pull)
    : [];
  const verdict = judgeReviews(withoutPushers(reviews, pushers), work.head, trusted);
  if (verdict.type === "approved" && (await isEnough(target, verdict.by)))
    return { type: "approved" };
  if (verdict.type === "changes-requested")
    return { type: "changes-requested", reason: await formatRequests(target, work, verdict.by) };
  const change = await readPullChange(target, work);
  if (change) return change.type === "merged" ? { type: "approved" } : change;
  if (verdict.type === "waits-for") await requestAnotherReview(target, work, verdict.authors);
  return undefined;
}

/** Who pushed to the pull request's branch, as the forge tells it: nobody approves what they may have written. */
export async function findPushers(
  { timeline }: Pick<ProjectTools, "timeline">,
  pull: number,
): Promise<readonly string[]> {
  const events = await timeline(pull);
  return [...new Set(events.flatMap(({ type, author }) => (type === "pushed" ? [author] : [])))];
}

/** Their approvals are none; a change that they ask for is. */
export function withoutPushers(
  reviews: readonly Review[],
  pushers: readonly string[],
): readonly Review[] {
  const known = new Set(pushers.map((login) => login.toLowerCase()));
  return reviews.filter(
    ({ verdict, author }) => verdict !== "approved" || !known.has(author.toLowerCase()),
  );
}

/** Asked only where there is one, so that who waits for a second does not try to merge with each look. */
async function isEnough(
  { reviews, project }: ProjectTools,
  by: readonly Review[],
): Promise<boolean> {
  return by.length >= (await reviews.required(project.primaryBranch));
}

export type ReviewVerdict =
  | { readonly type: "approved"; readonly by: readonly Review[] }
  | { readonly type: "changes-requested"; readonly by: readonly Review[] }
  /** They asked for changes to an earlier head, which blocks the merge until they say otherwise. */
  | { readonly type: "waits-for"; readonly authors: readonly string[] }
  | { readonly type: "undecided" };

/**
 * Each reviewer's last word counts; an approval may be of an older head if the forge does not call it stale. A trusted
 * person whose review the forge does not count is answered too, but approves nothing.
 */
export function judgeReviews(
  reviews: readonly Review[],
  head: string,
  trusted: readonly string[] = [],
): ReviewVerdict {
  const known = new Set(trusted.map((login) => login.toLowerCase()));
  const deciding = reviews.filter(
    ({ verdict, official, dismissed, author }) =>
      verdict !== "commented" && !dismissed && (official || known.has(author.toLowerCase())),
  );
  const last = [...new Map(deciding.map((review) => [review.author, review])).values()];
  const refusals = last.filter(({ verdict }) => verdict === "changes-requested");
  const now = refusals.filter(({ sha }) => sha === head);
  if (now.length > 0) return { type: "changes-requested", by: now };
  const before = refusals.filter(({ official }) => official);
  if (before.length > 0) return { type: "waits-for", authors: before.map(({ author }) => author) };
  const by = last.filter(
    ({ verdict, official, sha, stale }) =>
      verdict === "approved" && official && (sha === head || !stale),
  );
  return by.length > 0 ? { type: "approved", by } : { type: "undecided" };
}

/** What the dev has to answer: the bodies and every remark on a line. */
async function formatRequests(
  { reviews }: ProjectTools,
  { pull, head }: PublishedWork,
  by: readonly Review[],
): Promise<string> {
  const parts = await Promise.all(
    by.map(async (review) => {
      const { author, body } = review;
      const comments = await reviews.commentsOf(pull, review);
      const parts = [body.trim(), ...comments.map((one) => `- ${formatComment(one)}`)];
      return `${author} asks for changes:\n\n${parts.filter((part) => part !== "").join("\n")}`;
    }),
  );
  return `Review of ${head.slice(0, 10)}. ${parts.join("\n\n")}`;
}

async function requestAnotherReview(
  target: ProjectTools,
  { pull, head }: PublishedWork,
  authors: readonly string[],
): Promise<void> {
  await commentOnce(target, {
    on: pull,
    cause: "review-again",
    about: head,
    text: `${authors.join(", ")}: the change that you asked for was made in ${head.slice(0, 10)}; please review it again, it cannot be merged before.`,
  });
}
