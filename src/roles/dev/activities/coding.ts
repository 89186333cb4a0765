import * as z from "zod";
import { visibleIssue } from "../../../bot/issue/trust.ts";
import { formatCodingPrompt } from "../../../bot/session/prompt.ts";
import { type BotTools, deriveFolder, type ProjectTools, projectOf } from "../../../bot/tools.ts";
import { formatNames } from "../../../core/git-names.ts";
import { stripHidden } from "../../../core/hidden-text.ts";
import { findProtected } from "../../../core/protected-paths.ts";
import { deriveBranch } from "../../../core/work-branch.ts";
import type { Issue } from "../../../ports/forge.ts";
import { isBackendFault, isOwnFault, type SessionEnd } from "../../../ports/harness.ts";
import { mayTouchProtected } from "../approvals.ts";
import { type Outcome, refusals, type State } from "../machine.ts";
import { SUSPECTED_FAULT_WEIGHT } from "../retries.ts";
import { readSurroundings } from "../surroundings.ts";
import type { PreparedWork } from "../work.ts";

/** One session of the harness in a fresh folder; the outcome is what stands in the tree afterwards. */
export function code(
  tools: BotTools,
  { work }: State<"coding">,
  signal: AbortSignal,
): Promise<Outcome<"coding">> {
  const target = projectOf(tools, work.project);
  return target.claims.withLease(work.issue, signal, async (claim, signal) => {
    const stored = await target.issues.get(work.issue);
    const issue = visibleIssue(stored);
    const { submodules, notes } = await readSurroundings(target, work);
    const folder = await target.folders.prepare(deriveFolder(work.issue), {
      branch: deriveBranch(target.project, work.issue),
      sha: work.parked ?? work.start,
      submodules,
    });
    const feedback = work.feedback === undefined ? undefined : stripHidden(work.feedback);
    const end = await tools.harness.run({
      about: { project: work.project, issue: work.issue },
      folder,
      prompt: formatCodingPrompt({ ...issue, feedback, notes }, target.project.prompts),
      environment: { DISINTO_ISSUE: String(work.issue) },
      ...tools.sessionLimits,
      resume: work.session,
      cache: target.cache,
      signal,
    });
    if (claim.lost.aborted) signal.throwIfAborted();
    const spent = { usage: end.usage, session: end.session };
    if (signal.aborted)
      return { type: "parked", ...spent, ...(await parkWork(tools, target, work)) };
    if (end.type === "failed" && isBackendFault(end.fault))
      return { ...spent, ...judgeFault(end), ...(await parkWork(tools, target, work)) };
    return { ...spent, ...(await judgeSession(tools, { work, end, issue: stored })) };
  });
}

type FailedEnd = Extract<SessionEnd, { type: "failed" }>;

/** A prompt that the model cannot hold is the issue's; all else may be the server's, whatever it looks like. */
function judgeFault({ fault, of, reason, usage }: FailedEnd) {
  if (of === "request" && fault === "context" && usage.turns === 0)
    return { type: "refused", refusal: "too-large", reason: `too-large: ${reason}` } as const;
  if (of === "request" && fault === "budget")
    return { type: "refused", refusal: "budget", reason } as const;
  const isOthers = isOwnFault(fault) || fault === "rate-limited";
  const weight = isOthers ? 0 : of === "request" ? SUSPECTED_FAULT_WEIGHT : 1;
  return { type: "backend-away", reason, weight } as const;
}

/** What an interrupted session left, kept as a commit in the mirror. */
async function parkWork(
  tools: BotTools,
  { folders, mirror }: ProjectTools,
  { issue, base, start }: PreparedWork,
): Promise<{ readonly parked?: string }> {
  const collected = await folders.collect(deriveFolder(issue), base);
  if (collected.type === "refused") return {};
  if (collected.tree === (await mirror.objects.treeOf(start))) return {};
  const parked = await mirror.objects.commit({
    tree: collected.tree,
    parents: [base],
    message: `Unfinished work on #${issue}`,
    author: tools.author,
    at: tools.clock.now().toISOString(),
  });
  return { parked };
}

interface Ended {
  readonly work: PreparedWork;
  readonly end: SessionEnd;
  readonly issue: Issue;
}

type Without<Part, Key extends PropertyKey> = Part extends unknown ? Omit<Part, Key> : never;
type Judged = Without<
  Extract<Outcome<"coding">, { type: "changed" | "refused" | "stalled" | "failed" | "protected" }>,
  "usage" | "session"
>;

/** What counts is the tree: a claim of success without a change is a failure, and so is a refusal with one ignored. */
async function judgeSession(tools: BotTools, { work, end, issue }: Ended): Promise<Judged> {
  if (end.type === "failed")
    return { type: end.fault === "silence" ? "stalled" : "failed", reason: end.reason };
  const target = projectOf(tools, work.project);
  const { folders, mirror, project } = target;
  const collected = await folders.collect(deriveFolder(work.issue), work.base);
  if (collected.type === "refused") return { type: "failed", reason: collected.reason };
  const { tree } = collected;
  const before = [await mirror.objects.treeOf(work.start), await mirror.objects.treeOf(work.base)];
  if (before.includes(tree)) return judgeUnchanged(end.verdict);
  const paths = await mirror.objects.changedPaths(work.base, tree);
  const touched = findProtected(paths, project.protectedPaths);
  if (touched.length > 0 && !(await mayTouchProtected(target, issue)))
    return { type: "protected", reason: formatProtected(touched) };
  return {
    type: "changed",
    tree,
    committedAt: tools.clock.now().toISOString(),
    ...(touched.length > 0 && { handOver: touched }),
  };
}

function formatProtected(paths: readonly string[]): string {
  return `the change touches protected paths, which must stay as they are: ${formatNames(paths)}`;
}

const Refused = z.object({
  refused: z.enum(refusals),
  reason: z.string().default("it gave no reason"),
});

/** An untouched tree: refused, where the harness left a reason in the agreed form. */
function judgeUnchanged(verdict: unknown): Judged {
  const answer = Refused.safeParse(verdict);
  if (!answer.success)
    return { type: "failed", reason: "the harness ended without changing a file" };
  const { refused, reason } = answer.data;
  return { type: "refused", refusal: refused, reason: stripHidden(`${refused}: ${reason}`) };
}
