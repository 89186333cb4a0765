/** Which issue a bot takes next: pure, so that every "why not this one" can be tested as a value. */
import type { Issue } from "../ports/forge.ts";

export const BACKLOG = "backlog";
const PRIORITY = "priority";
export const IN_PROGRESS = "in-progress";
export const BLOCKED = "blocked";

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
