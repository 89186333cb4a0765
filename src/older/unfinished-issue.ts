import { BLOCKED, IN_PROGRESS } from "../bot/issue/choose.ts";
import { isSameLogin } from "../core/names.ts";
import type { Issue } from "../ports/forge.ts";

/** True for an issue that is in progress and assigned to `login` without a lease, as an older installation leaves it. */
export function isLeftOver(
  { number, labels, assignees }: Issue,
  { leased }: { readonly leased: ReadonlySet<number> },
  login: string,
): boolean {
  const isMine = assignees.some((assignee) => isSameLogin(assignee, login));
  return isMine && labels.includes(IN_PROGRESS) && !labels.includes(BLOCKED) && !leased.has(number);
}
