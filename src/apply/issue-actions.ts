/** What an operator does for one issue by hand: give it another chance, or take it from a bot. */
import { BACKLOG, BLOCKED, IN_PROGRESS } from "../bot/issue/choose.ts";
import { pinOf, visibleIssue } from "../bot/issue/trust.ts";
import { type LeaseRecord, readLease } from "../bot/leases/record.ts";
import { ALL_COORDINATION_REFS, deriveClaimRef } from "../bot/leases/refs.ts";
import { formatTextKey } from "../core/approval.ts";
import type { Project } from "../core/factory.ts";
import { isSameLogin } from "../core/names.ts";
import { DisintoError } from "../errors.ts";
import type { Issue, Issues } from "../ports/forge.ts";
import type { Mirror } from "../ports/git.ts";

export interface IssueTools {
  readonly issues: Issues;
  /** The issues, accessed as the administrator. */
  readonly mirror: Mirror;
}

export interface ObservedLease extends LeaseRecord {
  readonly ref: string;
  readonly sha: string;
}

export async function findLease(
  { mirror }: IssueTools,
  issue: number,
): Promise<ObservedLease | undefined> {
  const ref = deriveClaimRef(issue);
  // A single name that is not there would be an error, a pattern is not.
  const sha = (await mirror.fetchRefs(ALL_COORDINATION_REFS)).get(ref);
  return sha === undefined ? undefined : { ref, sha, ...(await readLease({ mirror }, sha)) };
}

/** A blocked issue is in the backlog again, and what was charged to it is forgotten. */
export async function retryIssue(place: IssueTools, number: number): Promise<void> {
  const { issues } = place;
  const issue = await issues.get(number);
  requireOpen(issue);
  const lease = await findLease(place, number);
  if (!issue.labels.includes(BLOCKED)) {
    const state = lease ? `${lease.holder} works on it` : "it is not blocked";
    throw new DisintoError("usage.invalid", `issue #${number} needs no retry: ${state}`, {
      hint: `to take it from a bot that stopped working: disinto release ${number}`,
    });
  }
  if (lease) await removeLease(place, lease);
  await issues.relabel(number, { add: [BACKLOG], remove: [BLOCKED, IN_PROGRESS] });
}

/** A bot that is at it stops within one poll, and no other takes it before the label is gone. */
export async function blockIssue(
  { issues }: Pick<IssueTools, "issues">,
  { number, reason }: { readonly number: number; readonly reason: string | undefined },
): Promise<void> {
  const issue = await issues.get(number);
  requireOpen(issue);
  if (issue.labels.includes(BLOCKED))
    throw new DisintoError("usage.invalid", `issue #${number} is blocked already`, {
      hint: `to put it back into the backlog: disinto retry ${number}`,
    });
  if (reason !== undefined) await issues.comment(number, reason);
  await issues.relabel(number, { add: [BLOCKED], remove: [] });
}

/** Takes the issue from whoever holds it. Its branch and pull request stay, and the next bot goes on from them. */
export async function releaseIssue(
  place: IssueTools,
  { number, lease }: { readonly number: number; readonly lease: ObservedLease | undefined },
): Promise<void> {
  const { issues } = place;
  requireOpen(await issues.get(number));
  if (lease) await removeLease(place, lease);
  await issues.setAssignees(number, []);
  await issues.relabel(number, { add: [BACKLOG], remove: [IN_PROGRESS] });
}

function requireOpen({ number, state }: Issue): void {
  if (state === "open") return;
  throw new DisintoError("usage.invalid", `issue #${number} is closed`, {
    hint: "reopen it on the forge first",
  });
}

/** Exactly the lease that was seen: one that its holder has renewed since is a living bot's. */
async function removeLease({ mirror }: IssueTools, { ref, sha }: ObservedLease): Promise<void> {
  await mirror.swap([{ ref, from: sha, to: undefined }]);
  const standing = (await mirror.readRefs([ref])).get(ref);
  if (standing === undefined) return;
  throw new DisintoError("forge.conflict", `the lease on ${ref} has changed since it was read`, {
    hint: "its holder is still running: stop it first (disinto agent disable), or run the same command again",
  });
}

/** Whose approval the bots would not count, may not give one. */
export function requireApprover(
  login: string,
  project: Pick<Project, "name" | "trustedAuthors">,
  writers: readonly string[],
): void {
  if ([...writers, ...project.trustedAuthors].some((one) => isSameLogin(one, login))) return;
  throw new DisintoError("usage.invalid", `${login} may not write code in the project`, {
    hint: `name it in trusted_authors of projects/${project.name}.toml`,
  });
}

/** The text as a bot would read it, and what its approval is bound to. */
export function showIssue(stored: Issue) {
  const { title, body, author } = visibleIssue(stored);
  const hidden = stored.title.length + stored.body.length - title.length - body.length;
  return { title, body, author, hidden, pin: pinOf(stored) };
}

export interface ApprovedText {
  readonly number: number;
  /** The hash of the text that the operator was shown. */
  readonly pin: string;
  readonly label: string;
}

/** Says which text is approved, then by the label that it is: in this order, since a label counts for what was said before. */
export async function approveIssue(
  { issues }: Pick<IssueTools, "issues">,
  { number, pin, label }: ApprovedText,
): Promise<void> {
  await requireText(issues, number, pin);
  await issues.comment(
    number,
    `I read the text of this issue and approve it.\n\n${formatTextKey(pin)}`,
  );
  await issues.relabel(number, { add: [], remove: [label] });
  await issues.relabel(number, { add: [label], remove: [] });
  try {
    await requireText(issues, number, pin);
  } catch (error) {
    await issues.relabel(number, { add: [], remove: [label] });
    throw error;
  }
}

async function requireText(issues: Pick<Issues, "get">, number: number, pin: string) {
  const issue = await issues.get(number);
  requireOpen(issue);
  if (pinOf(issue) === pin) return;
  throw new DisintoError("forge.conflict", `the text of issue #${number} was changed meanwhile`, {
    hint: `read it again: disinto approve ${number}`,
  });
}
