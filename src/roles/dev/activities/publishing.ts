import type { Claim } from "../../../bot/leases/claim.ts";
import { type BotTools, type ProjectTools, projectOf } from "../../../bot/tools.ts";
import { deriveBranch } from "../../../core/work-branch.ts";
import type { Pull } from "../../../ports/forge.ts";
import { findUnmetCondition } from "../issue-watch.ts";
import type { Outcome, State } from "../machine.ts";
import { findPull, openPullOnce, reopenOwn } from "../own-pull.ts";
import { pushWork } from "../push-work.ts";
import { formatCommit } from "../wording.ts";
import { type PreparedWork, type PublishedWork, toPublished } from "../work.ts";

/** Commits the tree as the bot, pushes it under the lease, and opens the issue's one pull request. */
export function publish(
  tools: BotTools,
  state: State<"publishing">,
  signal: AbortSignal,
): Promise<Outcome<"publishing">> {
  const { work } = state;
  const target = projectOf(tools, work.project);
  return target.claims.withLease(work.issue, signal, async (claim) => {
    const closed = await findClosed(target, work);
    if (closed)
      return {
        type: "stuck",
        cause: "pull-closed",
        reason: `pull request #${closed.number} was closed without a merge`,
      };
    const stop = await findUnmetCondition(tools, state);
    if (stop) return stop;
    const sent = await push(tools, state, { target, claim });
    if (!sent) return { type: "moved" };
    const pull = await openPullOnce(target, work);
    return { type: "published", work: toPublished(work, { ...sent, pull: pull.number }) };
  });
}

/** The issue's pull request, if a person closed it: another one would be a way around them. */
async function findClosed(
  target: ProjectTools,
  { issue, head, pull: number }: PreparedWork,
): Promise<Pull | undefined> {
  const { pulls, project } = target;
  const branch = deriveBranch(project, issue);
  if (head === undefined || findPull(await pulls.listOpen(), branch)) return undefined;
  // The forge no longer tells the name of a branch that was deleted.
  const found = number === undefined ? await pulls.findClosed(branch) : await pulls.get(number);
  const known = found && (await reopenOwn(target, found));
  return known?.merged || known?.state === "open" ? undefined : known;
}

interface Push {
  readonly target: ProjectTools;
  readonly claim: Claim;
}

/** Returns the new head, or undefined if a person's commits conflict with this change, which is then done again. */
async function push(
  tools: BotTools,
  { work, tree, committedAt }: State<"publishing">,
  { target, claim }: Push,
): Promise<Pick<PublishedWork, "head" | "pushed"> | undefined> {
  const { objects, readRefs, refresh } = target.mirror;
  const ref = `refs/heads/${deriveBranch(target.project, work.issue)}`;
  const commit = {
    message: formatCommit(work),
    author: tools.author,
    at: committedAt,
  };
  const head = await objects.commit({ ...commit, tree, parents: [work.base] });
  const standing = (await readRefs([ref])).get(ref);
  if (standing === head) return { head, pushed: head };
  const send = async (to: string) => {
    const pushed = await pushWork({ target, claim }, { ref, from: standing, to }, work.counters);
    return pushed === "pushed" ? { head: to, pushed: to } : undefined;
  };
  // A branch that was deleted is made again: the work is worth more than the deletion.
  if (standing === undefined || standing === work.head) return send(head);
  await refresh();
  // Published before, in a life that was ended before it heard of it.
  if (await objects.contains(standing, head)) return { head: standing };
  const merged = await objects.mergeTrees(standing, head);
  if (merged.type === "conflicted") return undefined;
  // Onto the person's commits, never over them.
  return send(await objects.commit({ ...commit, tree: merged.tree, parents: [standing, head] }));
}
