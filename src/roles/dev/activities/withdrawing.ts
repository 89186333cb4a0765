import { APPROVED, IN_PROGRESS } from "../../../bot/issue/choose.ts";
import { commentOnce } from "../../../bot/issue/comment-once.ts";
import { type BotTools, deriveBranch, deriveFolder, projectOf } from "../../../bot/tools.ts";
import type { Outcome, State, Withdrawal } from "../machine.ts";
import type { Work } from "../work.ts";

/**
 * Lets an issue go that a person took out of the bot's hands. What was pushed stays. The approval of a text that is
 * no more is taken off, so that the issue waits for somebody who has read the new one.
 */
export function withdraw(
  tools: BotTools,
  { work, why }: State<"withdrawing">,
  signal: AbortSignal,
): Promise<Outcome<"withdrawing">> {
  const { issues, folders, claims } = projectOf(tools, work.project);
  return claims.withLease(work.issue, signal, async (claim) => {
    await commentOnce(issues, {
      on: work.issue,
      cause: `withdrawn-${why}`,
      about: work.pin,
      text: formatWithdrawal(work, why),
    });
    const remove = why === "edited" ? [APPROVED, IN_PROGRESS] : [IN_PROGRESS];
    await issues.relabel(work.issue, { add: [], remove });
    await issues.setAssignees(work.issue, []);
    await folders.discard(deriveFolder(work.issue));
    await claim.release();
    return { type: "withdrawn-from" };
  });
}

function formatWithdrawal({ issue, pull }: Work, why: Withdrawal): string {
  const stays =
    pull === undefined
      ? `What I pushed to \`${deriveBranch(issue)}\`, if anything, stays.`
      : `Pull request #${pull} stays as it is.`;
  if (why === "closed")
    return `This was closed while I worked on it, so I stopped. ${stays} If it is reopened, work continues from there.`;
  return `The text of this issue was changed after it was approved, so I stopped. ${stays} It waits until someone with write access has read the new text and adds the label \`${APPROVED}\` again.`;
}
