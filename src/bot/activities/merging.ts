import type { Claim } from "../leases/claim.ts";
import type { Outcome, PublishedWork, State } from "../machine.ts";
import { type BotTools, deriveBranch, type ProjectTools, projectOf } from "../tools.ts";

/**
 * Merges exactly the head that was checked and reviewed, fast-forward only. A head that is behind is squashed onto
 * the primary branch and checked again, so no untested combination ever lands.
 */
export function merge(
  tools: BotTools,
  { work }: State<"merging">,
  signal: AbortSignal,
): Promise<Outcome<"merging">> {
  const target = projectOf(tools, work.project);
  return target.claims.under(work.issue, signal, async (claim, signal) => {
    const before = await target.pulls.get(work.pull);
    if (before.merged) return { type: "merged" };
    if (before.state === "closed")
      return { type: "stuck", reason: "a person closed the pull request" };
    const base = await readPrimary(target);
    if (!(await target.mirror.objects.contains(work.head, base)))
      return rebase(tools, { work, base, claim });
    const answer = await target.pulls.merge(work.pull, work.head);
    if ((await target.pulls.get(work.pull)).merged) return { type: "merged" };
    const now = await readPrimary(target);
    if (now !== base) return rebase(tools, { work, base: now, claim });
    await tools.clock.sleep(tools.pollIntervalMs, signal);
    return {
      type: "refused",
      reason:
        answer.type === "refused"
          ? answer.reason
          : "the forge accepted the merge and did not do it",
    };
  });
}

async function readPrimary({ mirror, project }: ProjectTools): Promise<string> {
  const sha = (await mirror.refresh()).get(`refs/heads/${project.primaryBranch}`);
  if (!sha) throw new Error(`the branch ${project.primaryBranch} is gone`);
  return sha;
}

interface Rebase {
  readonly work: PublishedWork;
  readonly base: string;
  readonly claim: Claim;
}

async function rebase(tools: BotTools, { work, base, claim }: Rebase): Promise<Outcome<"merging">> {
  const { objects } = projectOf(tools, work.project).mirror;
  const merged = await objects.mergeTrees(base, work.head);
  if (merged.type === "conflicted") {
    return {
      type: "conflicted",
      reason: `the primary branch changed the same lines in ${merged.files.join(", ")}`,
    };
  }
  const head = await objects.commit({
    tree: merged.tree,
    parents: [base],
    message: `${work.title}\n\nCloses #${work.issue}\n`,
    author: tools.author,
    at: tools.clock.now().toISOString(),
  });
  const ref = `refs/heads/${deriveBranch(work.issue)}`;
  const pushed = await claim.push({ ref, from: work.head, to: head }, work.counters);
  if (pushed === "pushed") return { type: "rebased", head };
  const standing = (await projectOf(tools, work.project).mirror.readRefs([ref])).get(ref);
  return standing
    ? { type: "rebased", head: standing }
    : { type: "stuck", reason: "the work branch was deleted" };
}
