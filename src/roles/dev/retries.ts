/** What follows when an activity did not get where it wanted: again, elsewhere, or to a person; each cause counted. Pure. */
import type { MergeRefusal } from "../../ports/forge.ts";
import type { State } from "./machine.ts";
import type { PreparedWork, PublishedWork, Work } from "./work.ts";

/** Counters that are not named for a limit. */
export const INFRASTRUCTURE = "infrastructureRetries";
/** How often the CI was told of a head once more; forgotten when it decides. */
export const WEBHOOK_RESENDS = "webhookResends";
/** How often the primary branch moved under a head that was ready to merge. */
export const LOST_ROUNDS = "lostRounds";
/** After so many lost rounds a bot takes the lane (lane.ts). */
export const LANE_AFTER = 2;

/** Sessions on one issue that ended by the model's server, one after the other; shown as no charge. */
export const SERVER_FAULTS = "serverFaults";
/** One of them while the server works for others: three such, or six of any kind, are the fault. */
export const SUSPECTED_FAULT_WEIGHT = 2;
const MAX_FAULT_WEIGHT = 5;

interface Retry {
  readonly cause: string;
  readonly limit: number;
  /** Something that the harness must answer. */
  readonly reason: string;
}

/** Back to the harness with what it must answer, unless the budget of this cause is spent. */
export function retryWithFeedback(work: Work, { cause, limit, reason }: Retry): State {
  const charged = charge(work, cause);
  if (isExhausted(charged, cause, limit)) return giveUp(charged, cause, reason);
  return { at: "preparing", work: { ...charged, feedback: reason, asked: reason } };
}

/** A session that came to nothing: what it had to answer still stands, and is told with it each time. */
export function retrySession(
  before: Work,
  { cause, limit, reason }: Retry & { readonly cause: "attempts" | "protectedPaths" },
): State {
  const { asked } = before;
  const explanation =
    asked === undefined ? reason : `${reason}\n\nWhat it has to answer:\n\n${asked}`;
  const work = charge(before, cause);
  if (isExhausted(work, cause, limit)) return giveUp(work, cause, explanation);
  return { at: "preparing", work: { ...work, feedback: explanation } };
}

export function charge<W extends Work>(work: W, cause: string, by = 1): W {
  return { ...work, counters: { ...work.counters, [cause]: (work.counters[cause] ?? 0) + by } };
}

export function isExhausted({ counters }: Work, cause: string, limit: number): boolean {
  return (counters[cause] ?? 0) > limit;
}

function giveUp(work: Work, cause: string, reason: string): State {
  return { at: "blocked", work, cause, reason: `the budget for ${cause} is exhausted: ${reason}` };
}

/** The session goes on where it was, unless it is always this sessions that the server fails in. */
export function afterServerFault(
  work: PreparedWork,
  { weight, reason }: { readonly weight: number; readonly reason: string },
): State {
  const charged = charge(work, SERVER_FAULTS, weight);
  if (!isExhausted(charged, SERVER_FAULTS, MAX_FAULT_WEIGHT))
    return { at: "coding", work: charged };
  const explanation = `each session on this issue ended by a failure of the model's server, which works for others: ${reason}`;
  return { at: "blocked", work: charged, cause: SERVER_FAULTS, reason: explanation };
}

export function forget<W extends Work>(work: W, cause: string): W {
  const { [cause]: _, ...counters } = work.counters;
  return { ...work, counters };
}

/** It was checked as it stands now, or is another head. */
export function forgetFound({ isFound: _, ...work }: PublishedWork): PublishedWork {
  return work;
}

/** The CI had not heard of the head; another head where only a push could tell it. */
export function afterWebhookResend(work: PublishedWork, head: string): State {
  const charged = charge(work, WEBHOOK_RESENDS);
  return head === work.head
    ? { at: "checking", work: charged }
    : recheck({ ...charged, pushed: head }, head);
}

/** Another head of the same work, its own or somebody's push, goes the whole way. */
export function recheck(work: PublishedWork, head: string): State {
  return { at: "checking", work: { ...forgetFound(work), head } };
}

/** The run could not be done: no budget of the change is spent for it. */
export function afterInfrastructure(work: PublishedWork, reason: string, limit: number): State {
  const charged = charge(work, INFRASTRUCTURE);
  return isExhausted(charged, INFRASTRUCTURE, limit)
    ? giveUp(charged, INFRASTRUCTURE, reason)
    : { at: "checking", work: charged };
}

/** A round lost to others; who holds the lane after two of them loses few more. */
export function afterRebase(work: PublishedWork, head: string, limit: number): State {
  const charged = charge(work, LOST_ROUNDS);
  return isExhausted(charged, LOST_ROUNDS, LANE_AFTER + limit)
    ? giveUp(charged, LOST_ROUNDS, "the primary branch moved before every merge")
    : recheck({ ...charged, pushed: head }, head);
}

/** Where each refusal of a merge is answered; for the causes that are not here only a person can do something. */
const answeredAt: { readonly [Cause in MergeRefusal]?: "checking" | "reviewing" | "merging" } = {
  moved: "merging",
  "not-ready": "merging",
  checks: "checking",
  approvals: "reviewing",
  "changes-requested": "reviewing",
};

interface Refusal {
  readonly cause: MergeRefusal;
  readonly reason: string;
}

/** Each cause has its own budget. */
export function afterRefusal(
  work: PublishedWork,
  { cause, reason }: Refusal,
  limit: number,
): State {
  if (cause === "conflict") return retryWithFeedback(work, { cause: "conflicts", limit, reason });
  const counter = `merge-${cause}`;
  const at = answeredAt[cause];
  if (at === undefined)
    return {
      at: "blocked",
      work,
      cause: counter,
      reason: `${describeManualMerge(cause)} (${reason})`,
    };
  const charged = charge(work, counter);
  return isExhausted(charged, counter, limit)
    ? giveUp(charged, counter, reason)
    : { at, work: charged };
}

function describeManualMerge(cause: MergeRefusal): string {
  return cause === "protected-files"
    ? "the change passed its checks and is approved, but touches protected files: an administrator has to merge the pull request manually"
    : `the forge refuses the merge: ${cause}`;
}
