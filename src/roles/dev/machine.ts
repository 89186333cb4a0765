/** The dev bot's machine: its states, what each remembers, how its one activity can end, and what follows. */
import type { Limits } from "../../core/factory.ts";
import type { MergeRefusal } from "../../ports/forge.ts";
import type { Usage } from "../../ports/harness.ts";
import {
  afterInfrastructure,
  afterRebase,
  afterRefusal,
  afterServerFault,
  forgetDoubt,
  recheck,
  retryWithFeedback,
} from "./retries.ts";
import { addUsage, type PreparedWork, type PublishedWork, type Work } from "./work.ts";

interface StateData {
  choosing: object;
  preparing: { readonly work: Work };
  coding: { readonly work: PreparedWork };
  /** Contains the time of the commit, so that publishing again makes the same commit. */
  publishing: { readonly work: PreparedWork; readonly tree: string; readonly committedAt: string };
  checking: { readonly work: PublishedWork };
  reviewing: { readonly work: PublishedWork };
  merging: { readonly work: PublishedWork };
  closing: { readonly work: PublishedWork };
  /** A person is asked; `cause` and the head make the key of the one comment. */
  blocked: { readonly work: Work; readonly cause: string; readonly reason: string };
  /** A person took the issue out of the bot's hands. */
  withdrawing: { readonly work: Work; readonly why: Withdrawal };
}

/** `edited`: somebody whose text needs an approval changed it, so the approval is of another text. */
export type Withdrawal = "closed" | "edited";

type Result<Type extends string, Learned = object> = { readonly type: Type } & Learned;

/** Something that the harness must answer. */
type Reason = { readonly reason: string };

/** Somebody pushed to the work branch: what they made of it goes the same way. */
type Moved = Result<"moved", { readonly head: string }>;

/** How every activity that works on an issue may end, beside its own ends. */
type Interruption =
  /** The lease is somebody else's now. */
  | Result<"lost">
  | Result<"withdrawn", { readonly why: Withdrawal }>
  /** A trusted person changed the text: the work goes on with the new one. */
  | Result<"edited", { readonly pin: string; readonly title: string }>;
/** Only a person can help. A cause of its own, or the state's name. */
type Stuck = Result<"stuck", Reason & { readonly cause?: string }>;

/** What a session of the harness leaves behind, however it ended. */
interface SessionCost {
  readonly usage: Usage;
  readonly session?: string | undefined;
}

/** What an interrupted session left in the folder, for the next one. */
interface ParkedWork {
  readonly parked?: string | undefined;
}

interface Outcomes {
  choosing: Result<"claimed", { readonly work: Work }> | Result<"nothing-to-do">;
  preparing:
    | Result<"ready", { readonly work: PreparedWork }>
    | Result<"published-before", { readonly work: PublishedWork }>
    | Result<"merged-before", { readonly work: PublishedWork }>
    | Stuck
    | Interruption;
  coding:
    | Result<
        "changed",
        Omit<StateData["publishing"], "work"> &
          SessionCost & { readonly handOver?: readonly string[] }
      >
    /** The agent says that it cannot be done as asked, and left the tree as it was. */
    | Result<"refused", Reason & SessionCost & { readonly refusal: Refusal }>
    /** It said nothing for too long. */
    | Result<"stalled", Reason & SessionCost>
    | Result<"failed", Reason & SessionCost>
    /** The model's server is at fault: no budget of the issue is spent. `doubt`: how far the issue may be. */
    | Result<"backend-away", Reason & SessionCost & ParkedWork & { readonly doubt: number }>
    /** The bot was told to stop. */
    | Result<"parked", SessionCost & ParkedWork>
    /** The change touches what no bot may push unless a trusted person said so. */
    | Result<"protected", Reason & SessionCost>
    | Interruption;
  publishing:
    | Result<"published", { readonly work: PublishedWork }>
    | Result<"moved">
    | Stuck
    | Interruption;
  checking:
    | Result<"green">
    | Result<"red", Reason>
    /** The run could not be done, and was started again where the budget allows: costs no model time. */
    | Result<"infrastructure", Reason>
    /** The primary branch has moved on: this head will not be merged, whatever CI says of it. */
    | Result<"behind">
    | Moved
    | Stuck
    | Interruption;
  reviewing:
    | Result<"approved">
    | Result<"changes-requested", Reason>
    | Moved
    | Stuck
    | Interruption;
  merging:
    | Result<"merged">
    | Result<"rebased", { readonly head: string }>
    | Result<"conflicted", Reason>
    | Result<"refused", Reason & { readonly cause: MergeRefusal }>
    | Moved
    | Stuck
    | Interruption;
  closing: Result<"closed"> | Interruption;
  blocked: Result<"reported"> | Interruption;
  withdrawing: Result<"withdrawn-from"> | Interruption;
}

export const refusals = ["unmet-dependency", "too-large", "already-done"] as const;
export type Refusal = (typeof refusals)[number];

export type At = keyof StateData;
export type State<A extends At = At> = { [K in A]: { readonly at: K } & StateData[K] }[A];
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
    outcome: Exclude<Outcomes[A], Interruption | Stuck>,
    budget: Budget,
  ) => State;
};

const idle: State = { at: "choosing" };

const transitions: Transitions = {
  choosing: (_, outcome) =>
    outcome.type === "claimed" ? { at: "preparing", work: outcome.work } : idle,
  preparing: (_, outcome) => {
    if (outcome.type === "ready") return { at: "coding", work: outcome.work };
    return { at: outcome.type === "merged-before" ? "closing" : "checking", work: outcome.work };
  },
  coding: ({ work: before }, outcome, { attempts }) => {
    const isUnsure = outcome.type === "backend-away" || outcome.type === "parked";
    const work = addCost(isUnsure ? before : forgetDoubt(before), outcome);
    switch (outcome.type) {
      case "changed": {
        const { tree, committedAt, handOver } = outcome;
        const { parked: _, handOver: __, ...rest } = work;
        const published = { ...rest, publishing: tree, ...(handOver && { handOver }) };
        return { at: "publishing", work: published, tree, committedAt };
      }
      case "refused":
        return { at: "blocked", work, cause: outcome.refusal, reason: outcome.reason };
      case "backend-away":
      case "parked": {
        const { parked = work.parked } = outcome;
        const kept = { ...work, ...(parked && { parked }) };
        return outcome.type === "parked"
          ? { at: "coding", work: kept }
          : afterServerFault(kept, outcome);
      }
      case "protected":
        return retryWithFeedback(work, {
          cause: "protectedPaths",
          limit: attempts,
          reason: outcome.reason,
        });
      default:
        return retryWithFeedback(work, {
          cause: "attempts",
          limit: attempts,
          reason: outcome.reason,
        });
    }
  },
  publishing: ({ work }, outcome) =>
    outcome.type === "published"
      ? { at: "checking", work: outcome.work }
      : { at: "preparing", work },
  checking: ({ work }, outcome, { ciFixes, infrastructureRetries }) => {
    if (outcome.type === "green") return { at: "reviewing", work };
    if (outcome.type === "behind") return { at: "merging", work };
    if (outcome.type === "moved") return recheck(work, outcome.head);
    const { reason } = outcome;
    return outcome.type === "red"
      ? retryWithFeedback(work, { cause: "ciFixes", limit: ciFixes, reason })
      : afterInfrastructure(work, reason, infrastructureRetries);
  },
  reviewing: ({ work }, outcome, { reviewRounds }) => {
    if (outcome.type === "moved") return recheck(work, outcome.head);
    if (outcome.type !== "approved")
      return retryWithFeedback(work, {
        cause: "reviewRounds",
        limit: reviewRounds,
        reason: outcome.reason,
      });
    return work.handOver?.length ? handOver(work, work.handOver) : { at: "merging", work };
  },
  merging: ({ work }, outcome, { mergeAttempts: limit }) => {
    switch (outcome.type) {
      case "merged":
        return { at: "closing", work };
      case "moved":
        return recheck(work, outcome.head);
      case "rebased":
        return afterRebase(work, outcome.head, limit);
      case "conflicted":
        return retryWithFeedback(work, { cause: "conflicts", limit, reason: outcome.reason });
      default:
        return afterRefusal(work, outcome, limit);
    }
  },
  closing: () => idle,
  blocked: () => idle,
  withdrawing: () => idle,
};

function addCost(work: PreparedWork, { usage, session }: SessionCost): PreparedWork {
  return { ...work, usage: addUsage(work.usage, usage), ...(session !== undefined && { session }) };
}

function handOver(work: Work, paths: readonly string[]): State {
  const reason = `the change is approved and touches protected paths, which no bot merges: ${paths.join(", ")}`;
  return { at: "blocked", work, cause: "hand-over", reason };
}

const TEXT_CHANGED =
  "The text of the issue was changed after the work began. Read it again and see that the change does what it asks for now.";

/** What follows an outcome that any state of work can have; returns undefined if the state's own table decides. */
function interrupt(state: State, outcome: Outcome<At>): State | undefined {
  if (outcome.type === "lost") return idle;
  if (!("work" in state)) return undefined;
  const { work } = state;
  switch (outcome.type) {
    case "withdrawn":
      return { at: "withdrawing", work, why: outcome.why };
    case "edited": {
      const { pin, title } = outcome;
      return { at: "preparing", work: { ...work, pin, title, feedback: TEXT_CHANGED } };
    }
    case "stuck":
      return { at: "blocked", work, cause: outcome.cause ?? state.at, reason: outcome.reason };
    default:
      return undefined;
  }
}

/** One turn: do what the state calls for, then move. Activities must be safe to repeat. */
export async function turn<A extends At>(
  state: State<A>,
  { activities, budget }: { activities: Activities; budget: Budget },
  signal: AbortSignal,
): Promise<State> {
  const at = state.at as A;
  const outcome: Outcome<At> = await activities[at](state, signal);
  return (
    interrupt(state as State, outcome) ??
    transitions[at](state, outcome as Exclude<Outcomes[A], Interruption | Stuck>, budget)
  );
}
