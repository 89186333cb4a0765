/** Whether trusted people have approved an issue's text, as the forge tells it; where nobody said which text, this says it. */
import { APPROVED, isTrustedAuthor, PROTECTED_PATHS } from "../../bot/issue/choose.ts";
import { pinOf } from "../../bot/issue/trust.ts";
import type { ProjectTools } from "../../bot/tools.ts";
import {
  type Approval,
  countPostedHashes,
  formatTextKey,
  judgeApproval,
  type TrustedUsers,
  wasPutOnBy,
} from "../../core/approval.ts";
import type { Issue } from "../../ports/forge.ts";

/** Bots write code, and are told what to write by strangers' texts: their labels and their issues count as nobody's. */
async function readTrustedUsers({
  project,
  writers,
  bots: readBots,
}: Pick<ProjectTools, "project" | "writers" | "bots">): Promise<TrustedUsers> {
  const bots = await readBots();
  const known = new Set(bots.map((login) => login.toLowerCase()));
  const people = [...(await writers()), ...project.trustedAuthors];
  return { bots, people: people.filter((login) => !known.has(login.toLowerCase())) };
}

/** Whose issues are taken as they are: a bot's only where the project names it. */
export async function readTrustedAuthors(
  target: Pick<ProjectTools, "project" | "writers" | "bots">,
): Promise<readonly string[]> {
  return [...target.project.trustedAuthors, ...(await readTrustedUsers(target)).people];
}

/** What every claim must pass, and every piece of work right before it is pushed or merged. */
export async function mayTake(target: ProjectTools, issue: Issue): Promise<boolean> {
  if (isTrustedAuthor(issue, await readTrustedAuthors(target))) return true;
  if (!issue.labels.includes(APPROVED)) return false;
  return (await readApproval(target, { issue, label: APPROVED })) === "approved";
}

export interface LabelQuestion {
  readonly issue: Issue;
  readonly label: string;
}

export async function readApproval(
  target: ProjectTools,
  { issue, label }: LabelQuestion,
): Promise<Approval> {
  const trusted = await readTrustedUsers(target);
  const timeline = await target.timeline(issue.number);
  return judgeApproval({ timeline, label, pin: pinOf(issue), ...trusted });
}

/** The hand counts; the text as well, where its author is not trusted. */
export async function mayTouchProtected(target: ProjectTools, issue: Issue): Promise<boolean> {
  if (!issue.labels.includes(PROTECTED_PATHS)) return false;
  const { people } = await readTrustedUsers(target);
  if (!isTrustedAuthor(issue, [...target.project.trustedAuthors, ...people]))
    return (await readApproval(target, { issue, label: PROTECTED_PATHS })) === "approved";
  return wasPutOnBy(await target.timeline(issue.number), { label: PROTECTED_PATHS, people });
}

const MAX_POSTED = 12;

/** One comment for each text that stands while the issue waits; a label that was put on before it approves nothing. */
export async function postTextHash(
  target: ProjectTools,
  { issue, label }: LabelQuestion,
): Promise<void> {
  const { number } = issue;
  const timeline = await target.timeline(number);
  if (countPostedHashes(timeline, await readTrustedUsers(target)) >= MAX_POSTED) return;
  const again = issue.labels.includes(label)
    ? `take the label \`${label}\` off and put it on again`
    : `put the label \`${label}\` on`;
  const text = [
    `I take this issue once somebody who may write code here has approved its text. Read it as it stands now; then ${again}, or run \`disinto approve ${number}\`, which shows it first.`,
    `The text has the hash \`${pinOf(issue).slice(0, 16)}\`; if it is changed, it waits again.`,
  ].join("\n\n");
  await target.issues.comment(number, `${text}\n\n${formatTextKey(pinOf(issue))}`);
}
