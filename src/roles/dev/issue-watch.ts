/** Looks after the issue while an activity works on it: a person may take it back, or change it, at any time. */

import { findOpenDependencies } from "../../bot/issue/open-dependencies.ts";
import { judgeIssue, pinOf } from "../../bot/issue/trust.ts";
import { type BotTools, type ProjectTools, projectOf } from "../../bot/tools.ts";
import { DisintoError } from "../../errors.ts";
import type { Issue } from "../../ports/forge.ts";
import {
  type Claimed,
  findIssueAct,
  findPullStop,
  formatPullStop,
  isSuspicious,
  respondTo,
  type Withdrawal,
} from "./acts.ts";
import { mayTake, readTrustedAuthors } from "./approvals.ts";
import type { StateName } from "./machine.ts";
import { reopenOwn } from "./own-pull.ts";
import type { Work } from "./work.ts";

/** How an act of a person ends an activity. */
export type IssueChange =
  | { readonly type: "withdrawn"; readonly why: Withdrawal }
  | { readonly type: "edited"; readonly pin: string; readonly title: string }
  | { readonly type: "merged-elsewhere" }
  | { readonly type: "stuck"; readonly cause: string; readonly reason: string };

interface WatchedActivity<Outcome> {
  readonly at: StateName;
  readonly work: Work;
  readonly signal: AbortSignal;
  readonly act: (signal: AbortSignal) => Promise<Outcome>;
}

/** Ends the activity at the change; only a merge that is done is done, whatever the change. */
export async function withIssueWatch<Outcome extends { readonly type: string }>(
  tools: BotTools,
  { at, work, signal, act }: WatchedActivity<Outcome>,
): Promise<Outcome | IssueChange> {
  const look = () => readIssueChange(tools, { at, work });
  const before = await look();
  if (before) return before;
  const watch = new IssueWatch(tools, look);
  const watching = watch.run(signal);
  try {
    const outcome = await act(AbortSignal.any([signal, watch.stopped]));
    return outcome.type === "merged" ? outcome : (watch.change ?? outcome);
  } catch (error) {
    if (watch.change && !signal.aborted) return watch.change;
    throw error;
  } finally {
    watch.end();
    await watching;
  }
}

class IssueWatch {
  readonly #tools: BotTools;
  readonly #look: () => Promise<IssueChange | undefined>;
  readonly #stop = new AbortController();
  readonly #end = new AbortController();
  change: IssueChange | undefined;

  constructor(tools: BotTools, look: () => Promise<IssueChange | undefined>) {
    this.#tools = tools;
    this.#look = look;
  }

  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  end(): void {
    this.#end.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    const over = AbortSignal.any([signal, this.#end.signal]);
    const { clock, pollIntervalMs } = this.#tools;
    for (;;) {
      await clock.sleep(pollIntervalMs, over);
      if (over.aborted) return;
      this.change = await this.#look().catch(ignoreFailure);
      if (!this.change) continue;
      this.#stop.abort();
      return;
    }
  }
}

/** The activity itself meets a forge that is away; the watch only looks again later. */
function ignoreFailure(error: unknown): undefined {
  if (!(error instanceof DisintoError)) throw error;
}

interface WorkState {
  readonly at: StateName;
  readonly work: Work;
}

/** Answers undefined if the work may go on. */
async function readIssueChange(
  tools: BotTools,
  { at, work }: WorkState,
): Promise<IssueChange | undefined> {
  const target = projectOf(tools, work.project);
  const pull =
    work.pull === undefined
      ? undefined
      : await reopenOwn(target, await target.pulls.get(work.pull));
  const answer = pull && answerToPull(at, pull, target);
  if (answer) return answer;
  const issue = await findIssue(target, work.issue);
  // The forge closes an issue when it merges its pull request.
  if ((!issue || issue.state === "closed") && pull?.merged) return undefined;
  if (!issue || issue.state === "closed") return { type: "withdrawn", why: "closed" };
  const why = await findAct(target, issue, claimedOf(tools, work));
  if (why) return { type: "withdrawn", why };
  if (pinOf(issue) === work.pin) return undefined;
  return judgeIssue(issue, work.pin, await readTrustedAuthors(target));
}

function answerToPull(
  at: StateName,
  pull: Parameters<typeof findPullStop>[0],
  { project }: ProjectTools,
): IssueChange | undefined {
  if (pull.merged)
    return respondTo("pull-merged", at) === "finish" ? { type: "merged-elsewhere" } : undefined;
  const stop = findPullStop(pull, project.primaryBranch);
  if (!stop || respondTo(stop, at) !== "block") return undefined;
  return { type: "stuck", cause: stop, reason: formatPullStop(stop, pull) };
}

export function claimedOf({ user }: BotTools, { hands = [], since = 0 }: Work): Claimed {
  return { user, hands, since };
}

/** What the issue looks like is in the poll; whose doing it is costs one request more, where something is odd. */
export async function findAct(
  { timeline, bots }: ProjectTools,
  issue: Issue,
  claimed: Claimed,
): Promise<Withdrawal | undefined> {
  if (!isSuspicious(issue, claimed)) return undefined;
  // Who took the work over mirrors its lease: that is no person's act, and the lease says the rest.
  const hands = [...claimed.hands, ...(await bots())];
  return findIssueAct(issue, await timeline(issue.number), { ...claimed, hands });
}

/**
 * What had to hold when the work began, asked again right before it is pushed or merged. Undefined: all of it holds.
 * Whatever passes by itself (slots, a red primary branch, budgets) is no part of it.
 */
export async function findUnmetCondition(
  tools: BotTools,
  state: WorkState,
): Promise<IssueChange | undefined> {
  const change = await readIssueChange(tools, state);
  if (change) return change;
  const target = projectOf(tools, state.work.project);
  const issue = await findIssue(target, state.work.issue);
  // Merged meanwhile: the activity reads that back itself.
  if (!issue || issue.state === "closed") return undefined;
  if (!(await mayTake(target, issue))) return { type: "withdrawn", why: "trust-lost" };
  const unmet = await findOpenDependencies(target, issue);
  return unmet.length > 0 ? { type: "withdrawn", why: "dependency-opened" } : undefined;
}

/** Returns undefined if it was deleted. */
export async function findIssue(
  { issues }: ProjectTools,
  number: number,
): Promise<Issue | undefined> {
  try {
    return await issues.get(number);
  } catch (error) {
    if (error instanceof DisintoError && error.code === "forge.not-found") return undefined;
    throw error;
  }
}
