/** The dev bot's machine: its states, what each remembers, how its one activity can end, and what follows. */
import type { Limits } from "../core/factory.ts";
import type { Counters } from "./leases/record.ts";

/** One claimed issue; small, and enough to go on after a crash. */
export interface Work {
  readonly project: string;
  readonly issue: number;
  readonly title: string;
  readonly counters: Counters;
  /** What the next attempt must answer: a red check, a review, a conflict. */
  readonly feedback?: string;
}

export interface PreparedWork extends Work {
  /** Commit of the primary branch that the work builds on. */
  readonly base: string;
  /** Commit that the harness starts from: the base, or the earlier work laid on it. */
  readonly start: string;
  /** Head of the work branch on the forge as last seen; undefined while there is none. */
  readonly head: string | undefined;
}

export interface PublishedWork extends Work {
  readonly head: string;
  readonly pull: number;
}

interface Memory {
  choosing: object;
  preparing: { readonly work: Work };
  coding: { readonly work: PreparedWork };
  /** With the time of the commit in it, publishing again makes the same commit. */
  publishing: { readonly work: PreparedWork; readonly tree: string; readonly committedAt: string };
  checking: { readonly work: PublishedWork };
  reviewing: { readonly work: PublishedWork };
  merging: { readonly work: PublishedWork };
  closing: { readonly work: PublishedWork };
  blocked: { readonly work: Work; readonly reason: string };
}

type End<Type extends string, Learned = object> = { readonly type: Type } & Learned;

/** The lease is somebody else's now, or the issue is no longer to be worked on. */
type Lost = End<"lost">;
/** Only a person can help. */
type Stuck = End<"stuck", { readonly reason: string }>;
/** Something that the harness must answer. */
type Reason = { readonly reason: string };

interface Outcomes {
  choosing: End<"claimed", { readonly work: Work }> | End<"nothing-to-do">;
  preparing:
    | End<"ready", { readonly work: PreparedWork }>
    | End<"published-before", { readonly work: PublishedWork }>
    | Lost;
  coding: End<"changed", Omit<Memory["publishing"], "work">> | End<"failed", Reason> | Lost;
  publishing: End<"published", { readonly work: PublishedWork }> | End<"moved"> | Lost;
  checking: End<"green"> | End<"red", Reason> | Stuck | Lost;
  reviewing: End<"approved"> | End<"changes-requested", Reason> | Stuck | Lost;
  merging:
    | End<"merged">
    | End<"rebased", { readonly head: string }>
    | End<"conflicted", Reason>
    | End<"refused", Reason>
    | Stuck
    | Lost;
  closing: End<"closed"> | Lost;
  blocked: End<"reported"> | Lost;
}

export type At = keyof Memory;
export type State<A extends At = At> = { [K in A]: { readonly at: K } & Memory[K] }[A];
export type Outcome<A extends At> = Outcomes[A];
export type Activities = {
  readonly [A in At]: (state: State<A>, signal: AbortSignal) => Promise<Outcomes[A]>;
};

/** How often each cause may send the work round again. */
export interface Budget extends Limits {
  readonly attempts: number;
}

type Transitions = {
  readonly [A in At]: (
    state: State<A>,
    outcome: Exclude<Outcomes[A], Lost | Stuck>,
    budget: Budget,
  ) => State;
};

const idle: State = { at: "choosing" };

const after: Transitions = {
  choosing: (_, outcome) =>
    outcome.type === "claimed" ? { at: "preparing", work: outcome.work } : idle,
  preparing: (_, outcome) =>
    outcome.type === "ready"
      ? { at: "coding", work: outcome.work }
      : { at: "checking", work: outcome.work },
  coding: ({ work }, outcome, { attempts }) => {
    if (outcome.type === "failed")
      return again(work, { cause: "attempts", limit: attempts, reason: outcome.reason });
    return { at: "publishing", work, tree: outcome.tree, committedAt: outcome.committedAt };
  },
  publishing: ({ work }, outcome) =>
    outcome.type === "published"
      ? { at: "checking", work: outcome.work }
      : { at: "preparing", work },
  checking: ({ work }, outcome, { ciFixes }) =>
    outcome.type === "green"
      ? { at: "reviewing", work }
      : again(work, { cause: "ciFixes", limit: ciFixes, reason: outcome.reason }),
  reviewing: ({ work }, outcome, { reviewRounds }) =>
    outcome.type === "approved"
      ? { at: "merging", work }
      : again(work, { cause: "reviewRounds", limit: reviewRounds, reason: outcome.reason }),
  merging: ({ work }, outcome, { mergeAttempts }) => {
    if (outcome.type === "merged") return { at: "closing", work };
    if (outcome.type === "rebased")
      return { at: "checking", work: { ...work, head: outcome.head } };
    if (outcome.type === "conflicted")
      return again(work, { cause: "conflicts", limit: mergeAttempts, reason: outcome.reason });
    const charged = charge(work, "refusals");
    if (isSpent(charged, "refusals", mergeAttempts))
      return giveUp(charged, "refusals", outcome.reason);
    return { at: "reviewing", work: charged };
  },
  closing: () => idle,
  blocked: () => idle,
};

interface Setback extends Reason {
  readonly cause: string;
  readonly limit: number;
}

/** Back to the harness with what it must answer, unless the budget of this cause is spent. */
function again(work: Work, { cause, limit, reason }: Setback): State {
  const charged = charge(work, cause);
  if (isSpent(charged, cause, limit)) return giveUp(charged, cause, reason);
  return { at: "preparing", work: { ...charged, feedback: reason } };
}

function charge<W extends Work>(work: W, cause: string): W {
  return { ...work, counters: { ...work.counters, [cause]: (work.counters[cause] ?? 0) + 1 } };
}

function isSpent({ counters }: Work, cause: string, limit: number): boolean {
  return (counters[cause] ?? 0) > limit;
}

function giveUp(work: Work, cause: string, reason: string): State {
  return { at: "blocked", work, reason: `the budget for ${cause} is used up: ${reason}` };
}

/** One turn: do what the state calls for, then move. Activities must be safe to repeat. */
export async function turn<A extends At>(
  state: State<A>,
  { activities, budget }: { activities: Activities; budget: Budget },
  signal: AbortSignal,
): Promise<State> {
  const at = state.at as A;
  const outcome: Outcome<At> = await activities[at](state, signal);
  if (outcome.type === "lost") return idle;
  if (outcome.type === "stuck" && "work" in state)
    return { at: "blocked", work: state.work, reason: outcome.reason };
  return after[at](state, outcome as Exclude<Outcomes[A], Lost | Stuck>, budget);
}
