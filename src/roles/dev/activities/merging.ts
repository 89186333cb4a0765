import type { Claim } from "../../../bot/leases/claim.ts";
import { type BotTools, type ProjectTools, projectOf } from "../../../bot/tools.ts";
import { deriveBranch } from "../../../core/work-branch.ts";
import type { MergeAnswer } from "../../../ports/forge.ts";
import { describeConflict } from "../conflicts.ts";
import { findUnmetCondition } from "../issue-watch.ts";
import { enterLane } from "../lane.ts";
import type { Outcome, State } from "../machine.ts";
import { missingPrimary } from "../primary-branch.ts";
import { readPullChange, waitForChange } from "../pull-changes.ts";
import { pushWork } from "../push-work.ts";
import { formatCommit } from "../wording.ts";
import type { PublishedWork } from "../work.ts";
import { findPushers, withoutPushers } from "./reviewing.ts";

interface Merge {
  readonly target: ProjectTools;
  readonly work: PublishedWork;
  readonly claim: Claim;
  readonly signal: AbortSignal;
}

type Merged = Exclude<Outcome<"merging">, { type: "lost" }>;

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
  return target.claims.withLease(work.issue, signal, (claim, signal) =>
    tryMerge(tools, { target, work, claim, signal }),
  );
}

async function tryMerge(tools: BotTools, merge: Merge): Promise<Merged> {
  const { target, work, claim, signal } = merge;
  const before = await awaitTurn(tools, merge);
  if (before) return before;
  const base = await readPrimary(target);
  const stop = await findUnmetCondition(tools, { at: "merging", work });
  if (stop) return stop;
  if (!(await target.mirror.objects.contains(work.head, base))) return rebase(tools, merge, base);
  // What somebody else pushed is made a head of this bot's own first, and goes the whole way again.
  if (work.pushed !== work.head) return rebase(tools, merge, base);
  const reason = await findOwnApproval(target, work);
  if (reason !== undefined) return { type: "refused", cause: "approvals", reason };
  const hidden = await findHidden(target, work, base);
  if (hidden.length > 0)
    return {
      type: "stuck",
      cause: "hidden-change",
      reason: `the forge's page of the pull request does not show what it changes: ${hidden.slice(0, 10).join(", ")}`,
    };
  claim.assertHeld();
  const answer = await target.pulls.merge(work.pull, work.head);
  // Whatever was answered: only what is read back counts.
  if ((await target.pulls.get(work.pull)).merged) return { type: "merged" };
  const now = await readPrimary(target);
  if (now !== base) return rebase(tools, merge, now);
  const refusal = toRefusal(answer);
  report(tools, work, refusal);
  await waitForChange(tools, signal);
  return refusal;
}

/** The forge counts an approval by who pushed to the branch; a bot that it lets merge does not. */
async function findOwnApproval(
  target: ProjectTools,
  { pull, head }: PublishedWork,
): Promise<string | undefined> {
  const required = await target.reviews.required(target.project.primaryBranch);
  if (required === 0) return undefined;
  const pushers = await findPushers(target, pull);
  const reviews = withoutPushers(await target.reviews.of(pull), pushers);
  const counted = reviews.filter(
    ({ verdict, official, dismissed, stale, sha }) =>
      verdict === "approved" && official && !dismissed && (sha === head || !stale),
  );
  const by = new Set(counted.map(({ author }) => author));
  if (by.size >= required) return undefined;
  return `${pushers.join(", ") || "nobody"} pushed to its branch, so an approval of theirs does not count`;
}

/** Paths that git says are changed and the forge shows nobody: not merged, whoever approved it. */
async function findHidden(
  { mirror, pulls }: ProjectTools,
  { pull, head }: PublishedWork,
  base: string,
): Promise<readonly string[]> {
  const changed = await mirror.objects.changedPaths(base, head);
  const shown = new Set(await pulls.files(pull));
  return changed.filter((file) => !shown.has(file));
}

type Refused = Extract<Merged, { type: "refused" }>;

function report({ events }: BotTools, { project, issue, pull }: PublishedWork, end: Refused): void {
  const { cause: kind, reason } = end;
  events.append({ type: "merge.refused", project, issue, pull, kind, reason });
}

function toRefusal(answer: MergeAnswer): Refused {
  if (answer.type === "refused") return answer;
  const reason = "the forge accepted the merge but did not perform it";
  return { type: "refused", cause: "not-ready", reason };
}

/** Waits until nobody else holds the lane; returns undefined when it is this bot's turn. */
async function awaitTurn(
  tools: BotTools,
  { target, work, signal }: Merge,
): Promise<Merged | undefined> {
  for (let looks = 0; ; looks++) {
    const change = await readPullChange(target, work);
    if (change) return change;
    if (await enterLane(target, work)) return undefined;
    await waitForChange(tools, signal, looks);
  }
}

async function readPrimary({ mirror, project }: ProjectTools): Promise<string> {
  const sha = (await mirror.refresh()).get(`refs/heads/${project.primaryBranch}`);
  if (!sha) throw missingPrimary(project);
  return sha;
}

/** The whole branch as one commit on the primary branch as it is now. */
async function rebase(
  tools: BotTools,
  { target, work, claim }: Merge,
  base: string,
): Promise<Merged> {
  const { objects } = target.mirror;
  const merged = await objects.mergeTrees(base, work.head);
  if (merged.type === "conflicted")
    return {
      type: "conflicted",
      reason: await describeConflict(target, { work, base, files: merged.files }),
    };
  if (merged.tree === (await objects.treeOf(base)))
    return { type: "stuck", reason: "the primary branch already contains this whole change" };
  const head = await objects.commit({
    tree: merged.tree,
    parents: [base],
    message: formatCommit(work),
    author: tools.author,
    at: tools.clock.now().toISOString(),
  });
  // The merge was tried, or a turn awaited, since it was last asked: it must hold for this push too.
  const stop = await findUnmetCondition(tools, { at: "merging", work });
  if (stop) return stop;
  const ref = `refs/heads/${deriveBranch(target.project, work.issue)}`;
  const pushed = await pushWork(
    { target, claim },
    { ref, from: work.head, to: head },
    work.counters,
  );
  if (pushed === "pushed") return { type: "rebased", head };
  const standing = (await target.mirror.readRefs([ref])).get(ref);
  if (standing === undefined) return { type: "stuck", reason: "the work branch was deleted" };
  await target.mirror.refresh();
  return { type: "moved", head: standing };
}
