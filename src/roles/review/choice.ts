/** Which pull requests a review bot may judge, and which of their heads are judged already. Pure. */
import { isSameLogin } from "../../core/names.ts";
import type { Pull, Review } from "../../ports/forge.ts";

/** Never its own forge user's work, whatever other name the bot goes by. */
export function mayReview(
  user: string,
  { author, base }: Pick<Pull, "author" | "base">,
  primaryBranch: string,
): boolean {
  return !isSameLogin(author, user) && base === primaryBranch;
}

export type ReviewNeed =
  | "judged"
  /** Somebody asked for changes to an earlier head: only they can take that back. */
  | "somebody-elses"
  | "to-review";

/** `reviews` oldest first, as the forge lists them. */
export function judgeNeed(user: string, head: string, reviews: readonly Review[]): ReviewNeed {
  const counted = reviews.filter(
    ({ verdict, official, dismissed }) => verdict !== "commented" && official && !dismissed,
  );
  const rejections = counted.filter(
    ({ verdict, sha }) => verdict === "changes-requested" && sha !== head,
  );
  if (rejections.some(({ author }) => !isSameLogin(author, user))) return "somebody-elses";
  if (reviews.some(({ author, sha }) => isSameLogin(author, user) && sha === head)) return "judged";
  if (rejections.length > 0) return "to-review";
  const stands = counted.some(
    ({ verdict, sha, stale }) => sha === head || (verdict === "approved" && !stale),
  );
  return stands ? "judged" : "to-review";
}

/** The newest verdict of this bot on an earlier head. */
export function findEarlier(
  user: string,
  head: string,
  reviews: readonly Review[],
): Review | undefined {
  return reviews.findLast(
    ({ author, sha, verdict }) =>
      isSameLogin(author, user) && sha !== head && verdict !== "commented",
  );
}
