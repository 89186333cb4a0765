import { APPROVED, BACKLOG, BLOCKED, IN_PROGRESS } from "../../../bot/issue/choose.ts";
import { commentOnce } from "../../../bot/issue/comment-once.ts";
import { type BotTools, deriveFolder, projectOf } from "../../../bot/tools.ts";
import { deriveBranch } from "../../../core/work-branch.ts";
import type { Withdrawal } from "../acts.ts";
import { findIssue } from "../issue-watch.ts";
import type { Outcome, State } from "../machine.ts";
import type { Work } from "../work.ts";

/**
 * Lets an issue go that a person took out of the bot's hands. What was pushed stays. The approval of a text that is
 * no more is taken off, so that the issue waits for somebody who has read the new one.
 */
export function withdraw(
  tools: BotTools,
  { work, why }: State<"withdrawing">,
  signal: AbortSignal,
): Promise<Outcome<"withdrawing">> {
  const target = projectOf(tools, work.project);
  const { issues, folders, claims } = target;
  return claims.withLease(work.issue, signal, async (claim) => {
    await commentOnce(target, {
      on: work.issue,
      cause: `withdrawn-${why}`,
      about: work.pin,
      text: formatWithdrawal(work, why, deriveBranch(target.project, work.issue)),
    });
    const remove = [IN_PROGRESS, ...(taken[why] ?? [])];
    await issues.relabel(work.issue, { add: [], remove });
    const assignees = (await findIssue(target, work.issue))?.assignees ?? [];
    const others = assignees.filter((login) => login.toLowerCase() !== tools.user.toLowerCase());
    if (others.length < assignees.length) await issues.setAssignees(work.issue, others);
    await folders.discard(deriveFolder(work.issue));
    await claim.release();
    return { type: "withdrawn-from" };
  });
}

/** Else the next bot would take at once what a person just took from this one. */
const taken: Partial<Record<Withdrawal, readonly string[]>> = {
  edited: [APPROVED],
  released: [BACKLOG],
  unassigned: [BACKLOG],
  reassigned: [BACKLOG],
};

function formatWithdrawal({ pull }: Work, why: Withdrawal, branch: string): string {
  const stays =
    pull === undefined
      ? `What I pushed to \`${branch}\`, if anything, stays.`
      : `Pull request #${pull} stays as it is.`;
  const [happened, next] = words[why];
  return `${happened}, so I stopped. ${stays} ${next}`;
}

const toContinue = `To continue: add the label \`${BACKLOG}\` again.`;
const withoutIt = "If the label is removed, work continues from there.";

/** What happened, and how to go on. */
const words: Readonly<Record<Withdrawal, readonly [happened: string, next: string]>> = {
  closed: ["This was closed while I worked on it", "If it is reopened, work continues from there."],
  blocked: [`The label \`${BLOCKED}\` was added while I worked on this`, withoutIt],
  "taken-off-backlog": [`The label \`${BACKLOG}\` was removed while I worked on this`, toContinue],
  released: [`The label \`${IN_PROGRESS}\` was removed while I worked on this`, toContinue],
  unassigned: ["I was unassigned", toContinue],
  reassigned: ["This was assigned to someone else", toContinue],
  "other-role": ["A label was added that says that this is not for a developer", withoutIt],
  locked: ["This was locked while I worked on it", "If it is unlocked, work continues from there."],
  edited: [
    "The text of this issue was changed after it was approved",
    `It waits until someone with write access has read the new text and adds the label \`${APPROVED}\` again.`,
  ],
  "trust-lost": [
    "The author of this issue has no write access any more, and nobody with write access approves of it",
    `It waits until someone with write access adds the label \`${APPROVED}\`.`,
  ],
  "dependency-opened": [
    "An issue that this one depends on is open",
    "When it is closed, work continues from there.",
  ],
};
