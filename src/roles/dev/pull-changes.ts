/** What became of a pull request while its bot waited: a person may merge it, close it or push to its branch. */

import type { BotTools, ProjectTools } from "../../bot/tools.ts";
import { deriveBranch } from "../../core/work-branch.ts";
import type { Pull } from "../../ports/forge.ts";
import { findPullStop, formatPullStop } from "./acts.ts";
import { reopenOwn } from "./own-pull.ts";
import type { PublishedWork } from "./work.ts";

type PullChange =
  | { readonly type: "merged" }
  /** Somebody pushed to the branch; their commits are kept and gone on with. */
  | { readonly type: "moved"; readonly head: string }
  | { readonly type: "stuck"; readonly cause?: string; readonly reason: string };

/** Returns undefined if the pull request is as this bot left it. */
export async function readPullChange(
  target: ProjectTools,
  work: PublishedWork,
): Promise<PullChange | undefined> {
  return judgePull(target, work, await reopenOwn(target, await target.pulls.get(work.pull)));
}

/** The same, of one that was just read. */
export async function judgePull(
  { mirror, project }: ProjectTools,
  { pull: number, issue, head }: PublishedWork,
  pull: Pull,
): Promise<PullChange | undefined> {
  if (pull.merged) return { type: "merged" };
  const stop = findPullStop(pull, project.primaryBranch);
  if (stop) return { type: "stuck", cause: stop, reason: formatPullStop(stop, pull) };
  if (pull.headSha === head) return undefined;
  // The forge follows a push after a while: the branch itself says what is.
  const ref = `refs/heads/${deriveBranch(project, issue)}`;
  const standing = (await mirror.readRefs([ref])).get(ref);
  if (standing === head) return undefined;
  if (standing === undefined)
    return { type: "stuck", reason: `the branch of pull request #${number} was deleted` };
  await mirror.refresh();
  return { type: "moved", head: standing };
}

/** Fractions of a poll interval: quick changes are seen soon, and long waits cost three looks more. */
const FIRST_WAITS = [1 / 8, 1 / 4, 1 / 2];

/** `look` counts the looks before, from 0; without it, a whole poll. Ends early when the bot is told to stop. */
export async function waitForChange(
  { clock, pollIntervalMs }: Pick<BotTools, "clock" | "pollIntervalMs">,
  signal: AbortSignal,
  look = FIRST_WAITS.length,
): Promise<void> {
  await clock.sleep(pollIntervalMs * (FIRST_WAITS[look] ?? 1), signal);
  signal.throwIfAborted();
}
