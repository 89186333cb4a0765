/** Looks after the issue while an activity works on it: a person may close it or change its text at any time. */

import { type IssueChange, judgeIssue, pinOf } from "../../bot/issue/trust.ts";
import { type BotTools, type ProjectTools, projectOf } from "../../bot/tools.ts";
import { DisintoError } from "../../errors.ts";
import type { Issue } from "../../ports/forge.ts";
import { readHands } from "./approvals.ts";
import type { Work } from "./work.ts";

interface WatchedActivity<Outcome> {
  readonly work: Work;
  readonly signal: AbortSignal;
  readonly act: (signal: AbortSignal) => Promise<Outcome>;
}

/** Ends the activity at the news; only a merge that is done is done, whatever the news. */
export async function withIssueWatch<Outcome extends { readonly type: string }>(
  tools: BotTools,
  { work, signal, act }: WatchedActivity<Outcome>,
): Promise<Outcome | IssueChange> {
  const target = projectOf(tools, work.project);
  const before = await readIssueChange(target, work);
  if (before) return before;
  const watch = new IssueWatch(tools, target, work);
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
  readonly #target: ProjectTools;
  readonly #work: Work;
  readonly #stop = new AbortController();
  readonly #end = new AbortController();
  change: IssueChange | undefined;

  constructor(tools: BotTools, target: ProjectTools, work: Work) {
    this.#tools = tools;
    this.#target = target;
    this.#work = work;
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
      this.change = await readIssueChange(this.#target, this.#work).catch(ignoreFailure);
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

/** Undefined: the work may go on. */
async function readIssueChange(target: ProjectTools, work: Work): Promise<IssueChange | undefined> {
  const issue = await findIssue(target, work.issue);
  if (!issue) return { type: "withdrawn", why: "closed" };
  if (issue.state === "closed") {
    // The forge closes an issue when it merges its pull request.
    if (work.pull !== undefined && (await target.pulls.get(work.pull)).merged) return undefined;
    return { type: "withdrawn", why: "closed" };
  }
  if (pinOf(issue) === work.pin) return undefined;
  return judgeIssue(issue, work.pin, await readTrusted(target));
}

/** Whose issues are taken as they are: a bot's only where the project names it. */
export async function readTrusted(target: ProjectTools): Promise<readonly string[]> {
  return [...target.project.trustedAuthors, ...(await readHands(target)).people];
}

/** Undefined: it was deleted. */
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
