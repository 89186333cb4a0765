/** Which issue a bot takes next: pure, so that every "why not this one" can be tested as a value. */
import type { Issue } from "../ports/forge.ts";

export const BACKLOG = "backlog";
const PRIORITY = "priority";
export const IN_PROGRESS = "in-progress";
export const BLOCKED = "blocked";
/** Only who may write code can put a label on another's issue (Forgejo routers/api/v1/repo/issue_label.go). */
const APPROVED = "disinto/approved";

/** Candidates in the order in which a bot tries to claim them: priority first, then the oldest. */
export function orderCandidates(
  issues: readonly Issue[],
  leased: ReadonlySet<number>,
): readonly Issue[] {
  return issues
    .filter(({ number, labels }) => !leased.has(number) && !labels.includes(BLOCKED))
    .toSorted((a, b) => rank(a) - rank(b) || a.number - b.number);
}

function rank({ labels }: Issue): number {
  return labels.includes(PRIORITY) ? 0 : 1;
}

/** An issue is input from strangers: its author may write code here, or somebody who may has approved it. */
export function isTrusted({ author, labels }: Issue, trusted: readonly string[]): boolean {
  if (labels.includes(APPROVED)) return true;
  return trusted.some((login) => login.toLowerCase() === author.toLowerCase());
}
