import type { Review } from "../../ports/forge.ts";
import type { Outcome, State } from "../machine.ts";
import { type BotTools, projectOf } from "../tools.ts";

/** Waits for a review that counts, of the head as it stands. */
export function awaitReview(
  tools: BotTools,
  { work }: State<"reviewing">,
  signal: AbortSignal,
): Promise<Outcome<"reviewing">> {
  const { pulls, claims } = projectOf(tools, work.project);
  return claims.under(work.issue, signal, async (_, signal) => {
    for (;;) {
      const verdict = judgeReviews(await pulls.reviews(work.pull), work.head);
      if (verdict) return verdict;
      const { state, merged } = await pulls.get(work.pull);
      if (merged) return { type: "approved" };
      if (state === "closed") return { type: "stuck", reason: "a person closed the pull request" };
      await tools.clock.sleep(tools.pollIntervalMs, signal);
      signal.throwIfAborted();
    }
  });
}

/** Each reviewer's last word counts; an approval may be of an older head if the forge does not call it stale. */
export function judgeReviews(
  reviews: readonly Review[],
  head: string,
): { type: "approved" } | { type: "changes-requested"; reason: string } | undefined {
  const deciding = reviews.filter(
    ({ verdict, official, dismissed }) => verdict !== "commented" && official && !dismissed,
  );
  const last = [...new Map(deciding.map((review) => [review.author, review])).values()];
  const refusal = last.find(({ verdict, sha }) => verdict === "changes-requested" && sha === head);
  if (refusal)
    return {
      type: "changes-requested",
      reason: `${refusal.author} asks for changes: ${refusal.body}`,
    };
  const approved = last.some(
    ({ verdict, sha, stale }) => verdict === "approved" && (sha === head || !stale),
  );
  return approved ? { type: "approved" } : undefined;
}
