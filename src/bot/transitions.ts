/** What follows each end of each activity, and what each cause costs: the whole table of the dev bot. */
import type { MergeRefusal } from "../ports/forge.ts";
import type { At, Budget, Lost, Outcomes, Spent, State, Stuck } from "./machine.ts";
import { addUsage, type PreparedWork, type PublishedWork, type Work } from "./work.ts";

/** Counters that are not named for a limit. */
export const INFRASTRUCTURE = "infrastructureRetries";
/** How often the primary branch moved under a head that was ready to merge. */
export const LOST_ROUNDS = "lostRounds";
/** After so many lost rounds a bot takes the lane (lane.ts). */
export const LANE_AFTER = 2;

type Transitions = {
  readonly [A in At]: (
    state: State<A>,
    outcome: Exclude<Outcomes[A], Lost | Stuck>,
    budget: Budget,
  ) => State;
};

const idle: State = { at: "choosing" };

export const after: Transitions = {
  choosing: (_, outcome) =>
    outcome.type === "claimed" ? { at: "preparing", work: outcome.work } : idle,
  preparing: (_, outcome) => {
    if (outcome.type === "ready") return { at: "coding", work: outcome.work };
    return { at: outcome.type === "merged-before" ? "closing" : "checking", work: outcome.work };
  },
  coding: ({ work: before }, outcome, { attempts }) => {
    const work = spend(before, outcome);
    switch (outcome.type) {
      case "changed": {
        const { tree, committedAt, handOver } = outcome;
        const { parked: _, handOver: __, ...rest } = work;
        const published = { ...rest, ...(handOver && { handOver }) };
        return { at: "publishing", work: published, tree, committedAt };
      }
      case "refused":
        return { at: "blocked", work, cause: outcome.refusal, reason: outcome.reason };
      case "backend-away":
      case "parked": {
        const { parked = work.parked } = outcome;
        return { at: "coding", work: { ...work, ...(parked && { parked }) } };
      }
      case "protected":
        return again(work, { cause: "protectedPaths", limit: attempts, reason: outcome.reason });
      default:
        return again(work, { cause: "attempts", limit: attempts, reason: outcome.reason });
    }
  },
  publishing: ({ work }, outcome) =>
    outcome.type === "published"
      ? { at: "checking", work: outcome.work }
      : { at: "preparing", work },
  checking: ({ work }, outcome, { ciFixes, infrastructureRetries }) => {
    if (outcome.type === "green") return { at: "reviewing", work };
    if (outcome.type === "moved") return goOn(work, outcome.head);
    const { reason } = outcome;
    if (outcome.type === "red") return again(work, { cause: "ciFixes", limit: ciFixes, reason });
    const charged = charge(work, INFRASTRUCTURE);
    return isSpent(charged, INFRASTRUCTURE, infrastructureRetries)
      ? giveUp(charged, INFRASTRUCTURE, reason)
      : { at: "checking", work: charged };
  },
  reviewing: ({ work }, outcome, { reviewRounds }) => {
    if (outcome.type === "approved")
      return work.handOver?.length ? handOver(work, work.handOver) : { at: "merging", work };
    if (outcome.type === "moved") return goOn(work, outcome.head);
    return again(work, { cause: "reviewRounds", limit: reviewRounds, reason: outcome.reason });
  },
  merging: ({ work }, outcome, { mergeAttempts }) => {
    switch (outcome.type) {
      case "merged":
        return { at: "closing", work };
      case "moved":
        return goOn(work, outcome.head);
      case "conflicted":
        return again(work, { cause: "conflicts", limit: mergeAttempts, reason: outcome.reason });
      case "rebased": {
        const charged = charge(work, LOST_ROUNDS);
        return isSpent(charged, LOST_ROUNDS, LANE_AFTER + mergeAttempts)
          ? giveUp(charged, LOST_ROUNDS, "the primary branch moved before every merge")
          : goOn(charged, outcome.head);
      }
      default:
        return afterRefusal(work, outcome, mergeAttempts);
    }
  },
  closing: () => idle,
  blocked: () => idle,
  withdrawing: () => idle,
};

function spend(work: PreparedWork, { usage, session }: Spent): PreparedWork {
  return { ...work, usage: addUsage(work.usage, usage), ...(session !== undefined && { session }) };
}

function goOn(work: PublishedWork, head: string): State {
  return { at: "checking", work: { ...work, head } };
}

/** Where each refusal of a merge is answered; for the causes that are not here only a person can do something. */
const answeredAt: { readonly [Cause in MergeRefusal]?: "checking" | "reviewing" | "merging" } = {
  moved: "merging",
  "not-ready": "merging",
  checks: "checking",
  approvals: "reviewing",
  "changes-requested": "reviewing",
};

interface Refused {
  readonly reason: string;
  readonly cause: MergeRefusal;
}

/** Each cause has its own budget. */
function afterRefusal(work: PublishedWork, { cause, reason }: Refused, limit: number): State {
  if (cause === "conflict") return again(work, { cause: "conflicts", limit, reason });
  const at = answeredAt[cause];
  if (at === undefined)
    return { at: "blocked", work, cause: `merge-${cause}`, reason: `${askFor(cause)} (${reason})` };
  const counter = `merge-${cause}`;
  const charged = charge(work, counter);
  return isSpent(charged, counter, limit)
    ? giveUp(charged, counter, reason)
    : { at, work: charged };
}

function askFor(cause: MergeRefusal): string {
  return cause === "protected-files"
    ? "the change is checked and approved, and touches protected files: an administrator has to merge the pull request by hand"
    : `the forge does not let me merge: ${cause}`;
}

interface Setback {
  readonly reason: string;
  readonly cause: string;
  readonly limit: number;
}

/** Back to the harness with what it must answer, unless the budget of this cause is spent. */
function again(work: Work, { cause, limit, reason }: Setback): State {
  const charged = charge(work, cause);
  if (isSpent(charged, cause, limit)) return giveUp(charged, cause, reason);
  return { at: "preparing", work: { ...charged, feedback: reason } };
}

export function charge<W extends Work>(work: W, cause: string, by = 1): W {
  return { ...work, counters: { ...work.counters, [cause]: (work.counters[cause] ?? 0) + by } };
}

export function isSpent({ counters }: Work, cause: string, limit: number): boolean {
  return (counters[cause] ?? 0) > limit;
}

function giveUp(work: Work, cause: string, reason: string): State {
  return { at: "blocked", work, cause, reason: `the budget for ${cause} is used up: ${reason}` };
}

function handOver(work: Work, paths: readonly string[]): State {
  const reason = `the change is approved and touches protected paths, which no bot merges: ${paths.join(", ")}`;
  return { at: "blocked", work, cause: "hand-over", reason };
}
