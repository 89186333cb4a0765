import { IN_PROGRESS } from "../../../bot/issue/choose.ts";
import { commentOnce } from "../../../bot/issue/comment-once.ts";
import { compareAndSwap } from "../../../bot/leases/swap.ts";
import { type BotTools, deriveFolder, projectOf } from "../../../bot/tools.ts";
import { formatSpent } from "../../../core/spending.ts";
import { deriveBranch } from "../../../core/work-branch.ts";
import type { Outcome, State } from "../machine.ts";

/** Nothing is said of work that no model was asked for. */
async function commentOnCost(tools: BotTools, { project, issue, head }: State<"closing">["work"]) {
  const spent = await tools.spending.sumIssue(project, issue);
  if (spent.inputTokens + spent.outputTokens === 0) return;
  await commentOnce(projectOf(tools, project), {
    on: issue,
    cause: "cost",
    about: head,
    text: `It is merged. What it took, with its reviews: ${formatSpent(spent)}.`,
  });
}

/** Tidies up after a merge that was read back: the issue, its branch, the work folder, the lease last. */
export function close(
  tools: BotTools,
  { work }: State<"closing">,
  signal: AbortSignal,
): Promise<Outcome<"closing">> {
  const { project, issues, mirror, folders, claims } = projectOf(tools, work.project);
  return claims.withLease(work.issue, signal, async (claim) => {
    await issues.close(work.issue);
    await issues.relabel(work.issue, { add: [], remove: [IN_PROGRESS] });
    const ref = `refs/heads/${deriveBranch(project, work.issue)}`;
    const standing = (await mirror.readRefs([ref])).get(ref);
    // Somebody's later push to the branch is not ours to delete.
    if (standing === work.head)
      await compareAndSwap(mirror, { ref, from: standing, to: undefined });
    await commentOnCost(tools, work);
    await folders.discard(deriveFolder(work.issue));
    await claim.release();
    return { type: "closed" };
  });
}
