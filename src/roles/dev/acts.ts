/**
 * What a person can do to an issue that a bot works on, or to its pull request, and what the bot does then, whatever it
 * is at. An act on labels, assignees or the lock counts if the forge's timeline shows it by a hand that is no bot's of
 * this work, after the claim: that a bot's own mirroring failed is nobody's act. Pure.
 */
import { BACKLOG, BLOCKED, IN_PROGRESS, isForeign } from "../../bot/issue/choose.ts";
import type { Issue, Pull, TimelineEvent } from "../../ports/forge.ts";
import type { StateName } from "./machine.ts";

/** Acts that end the work; the issue is let go, and what was pushed stays. */
export const withdrawals = [
  "closed",
  "blocked",
  "taken-off-backlog",
  "released",
  "unassigned",
  "reassigned",
  "other-role",
  "locked",
  "edited",
  "trust-lost",
  "dependency-opened",
] as const;
export type Withdrawal = (typeof withdrawals)[number];

/** Acts on the pull request that only a person can follow up: the issue is `blocked` with a comment. */
export const pullStops = ["pull-closed", "pull-draft", "pull-retargeted", "pull-blocked"] as const;
export type PullStop = (typeof pullStops)[number];

export type Act =
  | Withdrawal
  | PullStop
  /** The text was changed by who may. */
  | "reworded"
  | "pull-merged"
  | "branch-pushed"
  | "branch-deleted";

/** `look`: the activity meets it itself at its next step, and keeps what the person did. */
export type Answer = "withdraw" | "block" | "rework" | "finish" | "recheck" | "look" | "ignore";

type Work = Extract<
  StateName,
  "preparing" | "coding" | "publishing" | "checking" | "reviewing" | "merging"
>;
type ByState = Readonly<Record<Work, Answer>>;

function everywhere(answer: Answer, except: Partial<ByState> = {}): ByState {
  const all = { preparing: answer, coding: answer, publishing: answer };
  return { ...all, checking: answer, reviewing: answer, merging: answer, ...except };
}

const answers: { readonly [A in Exclude<Act, Withdrawal | PullStop>]: ByState } = {
  reworded: everywhere("rework"),
  "pull-merged": everywhere("look", { coding: "finish", publishing: "finish" }),
  "branch-pushed": everywhere("recheck", {
    preparing: "look",
    coding: "look",
    publishing: "look",
  }),
  // The work is worth more than the deletion; after it was published, somebody did not want it.
  "branch-deleted": everywhere("block", { preparing: "look", coding: "look", publishing: "look" }),
};

const letsGo: ReadonlySet<StateName> = new Set(["choosing", "closing", "blocked", "withdrawing"]);

/** The whole table. A bot that holds nothing, has merged, or is letting go in this very turn has nothing to stop. */
export function respondTo(act: Act, at: StateName): Answer {
  if (letsGo.has(at)) return "ignore";
  if (isOneOf(withdrawals, act)) return "withdraw";
  if (isOneOf(pullStops, act)) return "block";
  return answers[act][at as Work];
}

function isOneOf<const Names extends readonly string[]>(
  names: Names,
  name: string,
): name is Names[number] {
  return names.includes(name);
}

/** Whose acts are the bots' own, and from where on the timeline counts. */
export interface Claimed {
  readonly user: string;
  /** Bots of the factory, and who held this work before. */
  readonly hands: readonly string[];
  /** The newest entry of the timeline when the issue was claimed. */
  readonly since: number;
}

interface Sign {
  readonly act: Withdrawal;
  /** What the issue looks like after it. */
  readonly shows: (issue: Issue, claimed: Claimed) => boolean;
  /** The entries that are about it: `does` for the act, `undoes` for its opposite. */
  readonly reads: (event: TimelineEvent, claimed: Claimed) => "does" | "undoes" | undefined;
}

const labelled =
  (is: (label: string) => boolean, does: "label-added" | "label-removed"): Sign["reads"] =>
  (event) => {
    if (event.type !== "label-added" && event.type !== "label-removed") return undefined;
    if (!is(event.label)) return undefined;
    return event.type === does ? "does" : "undoes";
  };

const isMine = (login: string, { user }: Claimed): boolean => isSame(login, user);

const assignment: Sign["reads"] = (event, claimed) => {
  if (event.type !== "assigned" && event.type !== "unassigned") return undefined;
  if (!isMine(event.login, claimed)) return undefined;
  return event.type === "unassigned" ? "does" : "undoes";
};

const isAway = ({ assignees }: Issue, claimed: Claimed): boolean =>
  !assignees.some((login) => isMine(login, claimed));

const isLabel = (name: string) => (label: string) => label === name;

/** Acts, in the order in which the one that is told is chosen. */
const signs: readonly Sign[] = [
  {
    act: "blocked",
    shows: ({ labels }) => labels.includes(BLOCKED),
    reads: labelled(isLabel(BLOCKED), "label-added"),
  },
  {
    act: "taken-off-backlog",
    shows: ({ labels }) => !labels.includes(BACKLOG),
    reads: labelled(isLabel(BACKLOG), "label-removed"),
  },
  {
    act: "other-role",
    shows: ({ labels }) => labels.some(isForeign),
    reads: labelled(isForeign, "label-added"),
  },
  {
    act: "reassigned",
    shows: (issue, claimed) => isAway(issue, claimed) && issue.assignees.length > 0,
    reads: assignment,
  },
  { act: "unassigned", shows: isAway, reads: assignment },
  {
    act: "released",
    shows: ({ labels }) => !labels.includes(IN_PROGRESS),
    reads: labelled(isLabel(IN_PROGRESS), "label-removed"),
  },
  {
    act: "locked",
    shows: ({ isLocked }) => isLocked === true,
    reads: ({ type }) => (type === "locked" ? "does" : type === "unlocked" ? "undoes" : undefined),
  },
];

/** Whether the timeline has to be read at all: most polls see an issue as the bot left it. */
export function isSuspicious(issue: Issue, claimed: Claimed): boolean {
  return signs.some(({ shows }) => shows(issue, claimed));
}

/** Answers undefined if the issue is as the bot left it, or as no person made it. */
export function findIssueAct(
  issue: Issue,
  timeline: readonly TimelineEvent[],
  claimed: Claimed,
): Withdrawal | undefined {
  const counted = timeline.filter(({ id }) => id > claimed.since);
  const own = [claimed.user, ...claimed.hands];
  const found = signs.find(({ shows, reads }) => {
    if (!shows(issue, claimed)) return false;
    const last = counted.filter((event) => reads(event, claimed)).at(-1);
    const done = last !== undefined && reads(last, claimed) === "does";
    return done && !own.some((login) => isSame(login, last.author));
  });
  return found?.act;
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** No bot does any of it to its own pull request, so whoever did it is a person, and there is no timeline to ask. */
export function findPullStop(pull: Pull, primaryBranch: string): PullStop | undefined {
  if (pull.merged) return undefined;
  if (pull.state === "closed") return "pull-closed";
  if (pull.base !== primaryBranch) return "pull-retargeted";
  if (pull.isDraft === true) return "pull-draft";
  return pull.labels?.includes(BLOCKED) ? "pull-blocked" : undefined;
}

export function formatPullStop(stop: PullStop, { number, base }: Pull): string {
  switch (stop) {
    case "pull-closed":
      return `pull request #${number} was closed without a merge`;
    case "pull-retargeted":
      return `pull request #${number} was turned to the branch ${base}, for which it was not made`;
    case "pull-draft":
      return `pull request #${number} was marked as a draft`;
    case "pull-blocked":
      return `pull request #${number} was given the label ${BLOCKED}`;
  }
}
