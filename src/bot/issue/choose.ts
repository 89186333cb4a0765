/** Which issue a bot takes next: pure, so that every "why not this one" can be tested as a value, and shown. */
import { isSameLogin } from "../../core/names.ts";
import { NEEDS_APPROVAL } from "../../core/waiting.ts";
import type { Issue } from "../../ports/forge.ts";

export const BACKLOG = "backlog";
export const PRIORITY = "priority";
export const IN_PROGRESS = "in-progress";
export const BLOCKED = "blocked";
/** Only who may write code can put a label on another's issue (Forgejo routers/api/v1/repo/issue_label.go). */
export const APPROVED = "disinto/approved";
/** Lets a bot push a change of protected paths; a person merges it. */
export const PROTECTED_PATHS = "disinto/protected-paths";

/** Labels by which other roles, or people, say that an issue is not for a developer as it stands. */
const foreignLabels: ReadonlySet<string> = new Set([
  "action",
  "bug-report",
  "formula",
  "underspecified",
  "vision",
]);
const FOREIGN_PREFIX = "prediction/";

/** The issues that are meant for bots, in the order in which a bot tries to claim them: priority first, then the oldest. */
export function orderCandidates(issues: readonly Issue[]): readonly Issue[] {
  return issues
    .filter(({ labels }) => labels.includes(BACKLOG))
    .toSorted((a, b) => rankOf(a) - rankOf(b) || a.number - b.number);
}

function rankOf({ labels }: Issue): number {
  return labels.includes(PRIORITY) ? 0 : 1;
}

/** An issue is input from strangers, unless its author may write code here; else its text needs an approval. */
export function isTrustedAuthor(
  { author }: Pick<Issue, "author">,
  trusted: readonly string[],
): boolean {
  return trusted.some((login) => isSameLogin(login, author));
}

/** Why no bot takes an issue of the backlog now. */
export type WaitingReason =
  | { readonly type: "blocked" }
  | { readonly type: "locked" }
  | { readonly type: "other-role"; readonly label: string }
  | { readonly type: "leased" }
  | { readonly type: "untrusted"; readonly author: string }
  | { readonly type: "depends"; readonly on: readonly number[] }
  /** It waits for what waits for it: nobody will ever take any of them. */
  | { readonly type: "cycle"; readonly through: readonly number[] }
  | { readonly type: "missing"; readonly dependency: number }
  /** What the forge says of it is longer than a bot reads. */
  | { readonly type: "too-large" }
  | { readonly type: "held"; readonly reason: string };

export interface IssueConditions {
  /** Issues that somebody works on. */
  readonly leased: ReadonlySet<number>;
  readonly trusted: readonly string[];
  /** A trusted person approved the text as it stands. */
  readonly isApproved: boolean;
  /** Numbers of this issue's dependencies that are not closed. */
  readonly openDependencies: readonly number[];
  /** One that does not exist. */
  readonly missingDependency?: number | undefined;
  /** The issues on the way from this one back to it. */
  readonly cycle?: readonly number[] | undefined;
  /** Why nothing new is begun in the whole project, or by this bot. */
  readonly held: string | undefined;
}

/** Returns undefined if it can be claimed. What only people can change comes first, what passes by itself last. */
export function findWaitingReason(issue: Issue, now: IssueConditions): WaitingReason | undefined {
  if (now.leased.has(issue.number)) return { type: "leased" };
  if (issue.labels.includes(BLOCKED)) return { type: "blocked" };
  if (issue.isLocked) return { type: "locked" };
  const label = issue.labels.find(isForeign);
  if (label !== undefined) return { type: "other-role", label };
  if (!now.isApproved && !isTrustedAuthor(issue, now.trusted))
    return { type: "untrusted", author: issue.author };
  if (now.missingDependency !== undefined)
    return { type: "missing", dependency: now.missingDependency };
  if (now.cycle) return { type: "cycle", through: now.cycle };
  if (now.openDependencies.length > 0) return { type: "depends", on: now.openDependencies };
  if (now.held !== undefined) return { type: "held", reason: now.held };
  return undefined;
}

export function isForeign(label: string): boolean {
  return foreignLabels.has(label) || label.startsWith(FOREIGN_PREFIX);
}

export function formatWaiting(waiting: WaitingReason): string {
  switch (waiting.type) {
    case "blocked":
      return "it has the label blocked; its last comment says why";
    case "locked":
      return "it is locked";
    case "other-role":
      return `the label ${waiting.label} reserves it for another role`;
    case "leased":
      return "a bot works on it";
    case "untrusted":
      return `${waiting.author || "its author"} may not write code here, and no trusted person has approved its text as it stands ${NEEDS_APPROVAL}`;
    case "depends":
      return `it depends on ${formatNumbers(waiting.on)}`;
    case "cycle":
      return `it depends on itself, through ${formatNumbers(waiting.through)}; take one of these dependencies out`;
    case "missing":
      return `it depends on #${waiting.dependency}, which does not exist; correct its text`;
    case "too-large":
      return "its text or its comments are longer than a bot reads; lock it and delete what is not needed, or open another issue";
    case "held":
      return waiting.reason;
  }
}

function formatNumbers(numbers: readonly number[]): string {
  return numbers.map((number) => `#${number}`).join(", ");
}
