import { type BotTools, type ProjectTools, projectOf } from "../../../bot/tools.ts";
import { formatNames } from "../../../core/git-names.ts";
import { findProtected } from "../../../core/protected-paths.ts";
import { deriveBranch, findObstacles } from "../../../core/work-branch.ts";
import type { Pull } from "../../../ports/forge.ts";
import type { Outcome, State } from "../machine.ts";
import { findPull, openPullOnce, reopenOwn } from "../own-pull.ts";
import { isOurs } from "../ownership.ts";
import { missingPrimary } from "../primary-branch.ts";
import { toPublished, type Work } from "../work.ts";

/** Decides where the harness starts: the primary branch, with this issue's earlier work laid on it. */
export function prepare(
  tools: BotTools,
  { work }: State<"preparing">,
  signal: AbortSignal,
): Promise<Outcome<"preparing">> {
  const target = projectOf(tools, work.project);
  return target.claims.withLease(work.issue, signal, async () => {
    const refs = await target.mirror.refresh();
    const branch = deriveBranch(target.project, work.issue);
    const [obstacle] = findObstacles(refs.keys(), branch);
    if (obstacle !== undefined) return blockedBy(obstacle, branch);
    const head = refs.get(`refs/heads/${branch}`);
    const base = refs.get(`refs/heads/${target.project.primaryBranch}`);
    if (!base) throw missingPrimary(target.project);
    const pull = await findOwnPull(target, work, head);
    const end = judgePull(work, pull);
    if (end) return end;
    if (!head) return { type: "ready", work: { ...work, base, start: base, head } };
    return resumeBranch(tools, target, { work, base, head, pull });
  });
}

/** Goes on from what stands on the branch, if it is ours. */
async function resumeBranch(
  tools: BotTools,
  target: ProjectTools,
  { pull, ...found }: EarlierWork & { readonly pull: Pull | undefined },
): Promise<Outcome<"preparing">> {
  const { work, head } = found;
  if (!(await isOurs(tools, target, { ...found, pull })))
    return foreign(deriveBranch(target.project, work.issue));
  const wasPushed = work.publishing === (await target.mirror.objects.treeOf(head));
  if (!wasPushed && (!pull || work.feedback)) return rebaseEarlierWork(tools, target, found);
  const { number } = pull ?? (await openPullOnce(target, work));
  return resumePull(target, { ...found, pull: number });
}

/** Before a session is paid for: git has no place for both names, so no push could ever be taken. */
function blockedBy(obstacle: string, branch: string): Outcome<"preparing"> {
  const reason = `the branch ${obstacle} is where my branch ${branch} would have to be, and git cannot have both`;
  return { type: "stuck", cause: "branch-in-the-way", reason };
}

function foreign(branch: string): Outcome<"preparing"> {
  const reason = `the branch ${branch} is there already, and nothing shows that a bot of this factory made it`;
  return { type: "stuck", cause: "foreign-branch", reason };
}

/** Returns undefined if there is none, or it is open. */
function judgePull(work: Work, pull: Pull | undefined): Outcome<"preparing"> | undefined {
  if (pull?.merged) {
    const merged = toPublished(work, { head: pull.headSha, pull: pull.number });
    return { type: "merged-before", work: merged };
  }
  if (pull?.state !== "closed") return undefined;
  const reason = `pull request #${pull.number} was closed without a merge`;
  return { type: "stuck", cause: "pull-closed", reason };
}

/**
 * The open one of the branch, else the one that the work knows by its number, whatever became of it. Else, where there
 * is a branch, one that was closed: one of an earlier round that was merged is no matter of this one.
 */
async function findOwnPull(
  target: ProjectTools,
  work: Work,
  head: string | undefined,
): Promise<Pull | undefined> {
  const { pulls, project } = target;
  const branch = deriveBranch(project, work.issue);
  const open = findPull(await pulls.listOpen(), branch);
  if (open) return open;
  if (work.pull !== undefined) {
    // The number may come out of a lease: another branch's open pull request is not this issue's.
    const known = await reopenOwn(target, await pulls.get(work.pull));
    if (known.state === "closed" || known.head === branch) return known;
  }
  const closed = head === undefined ? undefined : await pulls.findClosed(branch);
  return closed === undefined || closed.merged ? undefined : reopenOwn(target, closed);
}

interface EarlierWork {
  readonly work: Work;
  readonly base: string;
  readonly head: string;
}

/** Whoever pushed what stands there: what it does to protected paths was not seen by this bot. */
async function resumePull(
  { mirror, project }: ProjectTools,
  { work, base, head, pull }: EarlierWork & { pull: number },
): Promise<Outcome<"preparing">> {
  const { tree } = await mirror.objects.mergeTrees(base, head);
  const paths = await mirror.objects.changedPaths(base, tree);
  const handOver = findProtected(paths, project.protectedPaths);
  const isFound = work.publishing === undefined;
  const published = { ...toPublished(work, { head, pull }), ...(isFound && { isFound }) };
  return {
    type: "published-before",
    work: handOver.length > 0 ? { ...published, handOver } : published,
  };
}

async function rebaseEarlierWork(
  tools: BotTools,
  { mirror }: ProjectTools,
  { work, base, head }: EarlierWork,
): Promise<Outcome<"preparing">> {
  const merged = await mirror.objects.mergeTrees(base, head);
  const start = await mirror.objects.commit({
    tree: merged.tree,
    parents: [base],
    message: `Earlier work on #${work.issue}`,
    author: tools.author,
    at: tools.clock.now().toISOString(),
  });
  const conflict =
    merged.type === "conflicted"
      ? `Resolve the conflict marks in ${formatNames(merged.files)}.`
      : undefined;
  const feedback = [work.feedback, conflict].filter((part) => part !== undefined).join("\n\n");
  return { type: "ready", work: { ...work, base, start, head, ...(feedback && { feedback }) } };
}
