/** A required context without a decision: the CI is asked what it knows of it, and what was lost on the way is made up for. */

import type { Claim } from "../../bot/leases/claim.ts";
import type { BotTools, ProjectTools } from "../../bot/tools.ts";
import { deriveBranch } from "../../core/work-branch.ts";
import type { CiFailure, MissingAnswer } from "../../ports/ci.ts";
import type { Pull } from "../../ports/forge.ts";
import { missingPrimary } from "./primary-branch.ts";
import { pushWork } from "./push-work.ts";
import { WEBHOOK_RESENDS } from "./retries.ts";
import { formatCommit } from "./wording.ts";
import type { PublishedWork } from "./work.ts";

/** Polls without a decision, after which the CI is asked: it hears of a commit within seconds. */
const ASK_AFTER_POLLS = 2;

/** How often it is told again of one piece of work before a person has to look at the webhook. */
const MAX_WEBHOOK_RESENDS = 2;

export interface MissingWait {
  readonly target: ProjectTools;
  readonly work: PublishedWork;
  readonly claim: Claim;
  readonly pull: Pull;
  readonly memory: WaitMemory;
}

/** What a bot remembers while it waits for one head. */
export class WaitMemory {
  readonly sinceMs: number;
  /** What the CI says of contexts that it has not decided. */
  known: readonly string[] = [];
  /** Contexts whose runs are over, with the number of looks in a row that found no status of theirs. */
  withoutStatus: ReadonlyMap<string, number> = new Map();
  isLossReported = false;
  /** Since when no agent has taken any of its runs. */
  queuedSinceMs: number | undefined;
  /** When a run that could not be done is done again. */
  retryAtMs: number | undefined;

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }
}

export type MissingEnd =
  /** To be judged like red contexts. */
  | { readonly type: "failed"; readonly failures: readonly CiFailure[] }
  /** A new head, or the same. */
  | { readonly type: "resent"; readonly head: string }
  /** Somebody else's commit says that no CI is wanted; a head of the bot's own does not. */
  | { readonly type: "behind" }
  | { readonly type: "moved"; readonly head: string }
  | { readonly type: "stuck"; readonly cause: string; readonly reason: string };

type NoPipeline = Extract<MissingAnswer, { kind: "no-pipeline" }>;

/** Returns undefined if there is nothing to do but wait. */
export async function lookForAnswers(
  tools: BotTools,
  wait: MissingWait,
  missing: readonly string[],
): Promise<MissingEnd | undefined> {
  const { target, work, memory } = wait;
  const { clock, pollIntervalMs } = tools;
  if (missing.length === 0) return undefined;
  if (clock.monotonicMs() - memory.sinceMs < ASK_AFTER_POLLS * pollIntervalMs) return undefined;
  const answers = await target.ci.findMissing(work.head, missing);
  memory.known = answers.flatMap((one) =>
    one.kind === "broken" ? [] : [`${one.context}: ${one.log}`],
  );
  reportQueue(tools, wait, answers);
  const failures = [...listFailures(answers), ...listMissingStatuses(answers, memory)];
  if (failures.length > 0) return { type: "failed", failures };
  const withoutPipeline = answers.filter((one) => one.kind === "no-pipeline");
  return withoutPipeline.length > 0 ? resendWebhook(tools, wait, withoutPipeline) : undefined;
}

function listFailures(answers: readonly MissingAnswer[]): readonly CiFailure[] {
  return answers.flatMap((one): readonly CiFailure[] => {
    if (one.kind === "left-out") return [notRun(one.context, one.log)];
    if (one.kind !== "broken") return [];
    const { failure } = one;
    return [failure.kind === "real" ? { ...failure, kind: "not-run" } : failure];
  });
}

/** What the CI's files keep from being run: no fault of a change that leaves them alone. */
function notRun(context: string, log: string): CiFailure {
  return { context, kind: "not-run", isDoubtful: true, log };
}

/** A status may be on its way while its run is over already, longer where the CI or the forge is slow. */
const STATUS_LOOKS = 5;

function listMissingStatuses(
  answers: readonly MissingAnswer[],
  memory: WaitMemory,
): readonly CiFailure[] {
  const late = answers.filter((one) => one.kind === "status-missing");
  const before = memory.withoutStatus;
  memory.withoutStatus = new Map(
    late.map(({ context }) => [context, (before.get(context) ?? 0) + 1]),
  );
  return late
    .filter(({ context }) => (memory.withoutStatus.get(context) ?? 0) >= STATUS_LOOKS)
    .map(({ context, log }): CiFailure => ({ context, kind: "infrastructure", log }));
}

async function resendWebhook(
  tools: BotTools,
  wait: MissingWait,
  withoutPipeline: readonly NoPipeline[],
): Promise<MissingEnd | undefined> {
  const { work, claim } = wait;
  const why = await findNoRunReason(wait, withoutPipeline);
  if (why) return why;
  if ((work.counters[WEBHOOK_RESENDS] ?? 0) >= MAX_WEBHOOK_RESENDS) {
    reportLostWebhook(tools, wait, withoutPipeline);
    return undefined;
  }
  claim.assertHeld();
  const needsPush = withoutPipeline.some(({ event }) => event === "push");
  const end = needsPush ? await renewHead(tools, wait) : await reopen(wait);
  if (end.type !== "resent") return end;
  const { project } = work;
  for (const { context } of withoutPipeline)
    tools.events.append({ type: "ci.retried", project, sha: end.head, context });
  return end;
}

/** The forge tells the CI of a pull request that is opened. */
async function reopen({ target, work }: MissingWait): Promise<MissingEnd> {
  await target.pulls.edit(work.pull, { state: "closed" });
  await target.pulls.edit(work.pull, { state: "open" });
  return { type: "resent", head: work.head };
}

/** The same change with another date: the forge tells the CI of it as of any push. */
export async function renewHead(
  tools: BotTools,
  { target, work, claim }: Pick<MissingWait, "target" | "work" | "claim">,
): Promise<Exclude<MissingEnd, { type: "failed" }>> {
  const { mirror, project } = target;
  const base = (await mirror.refresh()).get(`refs/heads/${project.primaryBranch}`);
  if (!base) throw missingPrimary(project);
  if (!(await mirror.objects.contains(work.head, base))) return { type: "behind" };
  const head = await mirror.objects.commit({
    tree: await mirror.objects.treeOf(work.head),
    parents: [base],
    message: formatCommit(work),
    author: tools.author,
    at: tools.clock.now().toISOString(),
  });
  const ref = `refs/heads/${deriveBranch(project, work.issue)}`;
  const pushed = await pushWork(
    { target, claim },
    { ref, from: work.head, to: head },
    work.counters,
  );
  if (pushed === "pushed") return { type: "resent", head };
  const standing = (await mirror.readRefs([ref])).get(ref);
  if (standing === undefined)
    return { type: "stuck", cause: "checking", reason: "the work branch was deleted" };
  await mirror.refresh();
  return { type: "moved", head: standing };
}

/** What the CI does not run though it hears of it, by what the commit itself says. */
async function findNoRunReason(
  wait: MissingWait,
  withoutPipeline: readonly NoPipeline[],
): Promise<MissingEnd | undefined> {
  const { target, work, pull } = wait;
  const { mirror, project, ci } = target;
  const changedFiles = await mirror.objects.changedPaths(pull.baseSha, work.head);
  const message = await mirror.objects.readMessage(work.head);
  const readFiles = (paths: readonly string[]) => mirror.files.read(work.head, paths);
  const failures: CiFailure[] = [];
  for (const { context, event } of withoutPipeline) {
    const occasion =
      event === "push"
        ? { branch: deriveBranch(project, work.issue), message }
        : { branch: project.primaryBranch, message: pull.title };
    const why = await ci.explainNoRun(context, { event, changedFiles, readFiles, ...occasion });
    if (why?.kind === "skip-asked") return answerSkip(wait, event);
    if (why) failures.push(notRun(context, why.log));
  }
  return failures.length > 0 ? { type: "failed", failures } : undefined;
}

/** A commit of somebody else's becomes a head of the bot's own, whose message says no such thing; a title is a person's. */
function answerSkip({ work, pull }: MissingWait, event: NoPipeline["event"]): MissingEnd {
  if (event === "push" && work.pushed !== work.head) return { type: "behind" };
  const source = event === "push" ? "the message of its head" : `its title: ${pull.title}`;
  const reason = `pull request #${pull.number} says that no CI is wanted, by ${source}`;
  return { type: "stuck", cause: "skip-ci", reason };
}

/** Longer than a CI that works lets a run wait; one that has too much to do is worth a line as well. */
export const QUEUED_MS = 10 * 60_000;

function reportQueue(
  { clock, events }: Pick<BotTools, "clock" | "events">,
  { work, memory }: Pick<MissingWait, "work" | "memory">,
  answers: readonly MissingAnswer[],
): void {
  const queued = answers.filter((one) => one.kind === "under-way" && one.isQueued);
  const nowMs = clock.monotonicMs();
  if (queued.length === 0) memory.queuedSinceMs = undefined;
  memory.queuedSinceMs ??= queued.length > 0 ? nowMs : undefined;
  if (memory.queuedSinceMs === undefined || memory.isLossReported) return;
  if (nowMs - memory.queuedSinceMs < QUEUED_MS) return;
  memory.isLossReported = true;
  const { project, issue, pull, head: sha } = work;
  const context = queued.map((one) => one.context).join(", ");
  const reason = `no agent of the CI has taken its run for ${QUEUED_MS / 60_000} minutes`;
  events.append({ type: "ci.silent", project, issue, pull, sha, context, reason, lacks: "agent" });
}

function reportLostWebhook(
  { events }: BotTools,
  wait: MissingWait,
  withoutPipeline: readonly NoPipeline[],
): void {
  const { work, memory } = wait;
  if (memory.isLossReported) return;
  memory.isLossReported = true;
  const { project, issue, pull, head: sha } = work;
  const context = withoutPipeline.map((one) => one.context).join(", ");
  const reason = `the CI has not heard of it, though it was told ${MAX_WEBHOOK_RESENDS} times more`;
  events.append({ type: "ci.silent", project, issue, pull, sha, context, reason });
}
