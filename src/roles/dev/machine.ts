/** The dev bot's machine: its states, what each remembers, how its one activity can end, and what follows. */
import type { Limits } from "../../core/factory.ts";
import type { MergeRefusal } from "../../ports/forge.ts";
import type { Usage } from "../../ports/harness.ts";
import type { Withdrawal } from "./acts.ts";
import {
  afterInfrastructure,
  afterRebase,
  afterRefusal,
  afterServerFault,
  afterWebhookResend,
  forget,
  forgetFound,
  recheck,
  retrySession,
  retryWithFeedback,
  SERVER_FAULTS,
  WEBHOOK_RESENDS,
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
  | Result<"edited", { readonly pin: string; readonly title: string }>
  /** A person merged what was pushed. */
  | Result<"merged-elsewhere">
  | Stuck;
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
    /** The model's server is at fault: no budget of the issue is spent. `weight`: how strongly the issue itself is suspected. */
    | Result<"backend-away", Reason & SessionCost & ParkedWork & { readonly weight: number }>
    /** The bot was told to stop. */
    | Result<"parked", SessionCost & ParkedWork>
    /** The change touches what no bot may push unless a trusted person said so. */
    | Result<"protected", Reason & SessionCost>
    | Interruption;
  publishing:
    | Result<"published", { readonly work: PublishedWork }>
    | Result<"moved">
    | Interruption;
  checking:
    | Result<"green">
    | Result<"red", Reason>
    /** The run could not be done, and was started again where the budget allows: costs no model time. */
    | Result<"infrastructure", Reason>
    /** What was red on a head that was only found: CI runs once more, and what it says then counts. */
    | Result<"rerun">
    /** The CI had not heard of the head and was told of it once more; by another head where that takes a push. */
    | Result<"resent", { readonly head: string }>
    /** The primary branch has moved on: this head will not be merged, whatever CI says of it. */
    | Result<"behind">
    | Moved
    | Interruption;
  reviewing: Result<"approved"> | Result<"changes-requested", Reason> | Moved | Interruption;
  merging:
    | Result<"merged">
    | Result<"rebased", { readonly head: string }>
    | Result<"conflicted", Reason>
    | Result<"refused", Reason & { readonly cause: MergeRefusal }>
    | Moved
    | Interruption;
  closing: Result<"closed"> | Interruption;
  blocked: Result<"reported"> | Interruption;
  withdrawing: Result<"withdrawn-from"> | Interruption;
}

export const refusals = ["unmet-dependency", "too-large", "already-done"] as const;
/** Beside what an agent may say: nothing more may be spent on the issue. */
export type Refusal = (typeof refusals)[number] | "budget";

export type StateName = keyof StateData;
export type State<A extends StateName = StateName> = {
  [K in A]: { readonly at: K } & StateData[K];
}[A];
export type Outcome<A extends StateName> = Outcomes[A];
export type Activities = {
  readonly [A in StateName]: (state: State<A>, signal: AbortSignal) => Promise<Outcomes[A]>;
};

/** How often each cause may send the work round again. */
export interface Budget extends Limits {
  readonly attempts: number;
}

type OwnOutcome<A extends StateName> = Exclude<Outcomes[A], Interruption>;

/** What follows each outcome of each state: one that is not in this table does not compile. */
type Transitions = {
  readonly [A in StateName]: {
    readonly [Type in OwnOutcome<A>["type"]]: (
      state: State<A>,
      outcome: Extract<OwnOutcome<A>, { readonly type: Type }>,
      budget: Budget,
    ) => State;
  };
};

const idle: State = { at: "choosing" };

/** A session that came to nothing, counted under a cause. */
function codeAgain(cause: "attempts" | "protectedPaths") {
  return ({ work }: State<"coding">, outcome: SessionCost & Reason, { attempts }: Budget): State =>
    retrySession(addCost(forget(work, SERVER_FAULTS), outcome), {
      cause,
      limit: attempts,
      reason: outcome.reason,
    });
}

/** The same session goes on later, at the cost of no budget. */
function keepSession(before: PreparedWork, outcome: SessionCost & ParkedWork): PreparedWork {
  const work = addCost(before, outcome);
  const { parked = work.parked } = outcome;
  return { ...work, ...(parked && { parked }) };
}

const transitions: Transitions = {
  choosing: {
    claimed: (_, { work }) => ({ at: "preparing", work }),
    "nothing-to-do": () => idle,
  },
  preparing: {
    ready: (_, { work }) => ({ at: "coding", work }),
    "published-before": (_, { work }) => ({ at: "checking", work }),
    "merged-before": (_, { work }) => ({ at: "closing", work }),
  },
  coding: {
    changed: (state, outcome) => {
      const { tree, committedAt, handOver } = outcome;
      const {
        parked: _,
        handOver: __,
        ...rest
      } = addCost(forget(state.work, SERVER_FAULTS), outcome);
      const published = { ...rest, publishing: tree, ...(handOver && { handOver }) };
      return { at: "publishing", work: published, tree, committedAt };
    },
    refused: (state, outcome) => {
      const work = addCost(forget(state.work, SERVER_FAULTS), outcome);
      return { at: "blocked", work, cause: outcome.refusal, reason: outcome.reason };
    },
    "backend-away": ({ work }, outcome) => afterServerFault(keepSession(work, outcome), outcome),
    parked: ({ work }, outcome) => ({ at: "coding", work: keepSession(work, outcome) }),
    protected: codeAgain("protectedPaths"),
    stalled: codeAgain("attempts"),
    failed: codeAgain("attempts"),
  },
  publishing: {
    published: (_, { work }) => ({ at: "checking", work }),
    moved: ({ work }) => ({ at: "preparing", work }),
  },
  checking: {
    green: ({ work }) => ({ at: "reviewing", work: forget(work, WEBHOOK_RESENDS) }),
    behind: ({ work }) => ({ at: "merging", work }),
    rerun: ({ work }) => ({ at: "checking", work: forgetFound(work) }),
    moved: ({ work }, { head }) => recheck(work, head),
    red: ({ work }, { reason }, { ciFixes: limit }) =>
      retryWithFeedback(forget(work, WEBHOOK_RESENDS), { cause: "ciFixes", limit, reason }),
    resent: ({ work }, { head }) => afterWebhookResend(work, head),
    infrastructure: ({ work }, { reason }, { infrastructureRetries }) =>
      afterInfrastructure(work, reason, infrastructureRetries),
  },
  reviewing: {
    approved: ({ work }) =>
      work.handOver?.length ? handOver(work, work.handOver) : { at: "merging", work },
    moved: ({ work }, { head }) => recheck(work, head),
    "changes-requested": ({ work }, { reason }, { reviewRounds: limit }) =>
      retryWithFeedback(work, { cause: "reviewRounds", limit, reason }),
  },
  merging: {
    merged: ({ work }) => ({ at: "closing", work }),
    moved: ({ work }, { head }) => recheck(work, head),
    rebased: ({ work }, { head }, { mergeAttempts }) => afterRebase(work, head, mergeAttempts),
    conflicted: ({ work }, { reason }, { mergeAttempts: limit }) =>
      retryWithFeedback(work, { cause: "conflicts", limit, reason }),
    refused: ({ work }, outcome, { mergeAttempts }) => afterRefusal(work, outcome, mergeAttempts),
  },
  closing: { closed: () => idle },
  blocked: { reported: () => idle },
  withdrawing: { "withdrawn-from": () => idle },
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

/** What follows an end that any state of work can have. */
const interruptions: {
  readonly [Type in Interruption["type"]]: (
    state: State & { readonly work: Work },
    outcome: Extract<Interruption, { readonly type: Type }>,
  ) => State;
} = {
  lost: () => idle,
  withdrawn: ({ work }, { why }) => ({ at: "withdrawing", work, why }),
  edited: ({ work }, { pin, title }) => {
    const feedback = TEXT_CHANGED;
    const { asked: _, ...rest } = work;
    return { at: "preparing", work: { ...rest, pin, title, feedback } };
  },
  "merged-elsewhere": ({ work }) => ({ at: "preparing", work }),
  stuck: ({ at, work }, { cause = at, reason }) => ({ at: "blocked", work, cause, reason }),
};

function isInterruption(outcome: Outcome<StateName>): outcome is Interruption {
  return Object.hasOwn(interruptions, outcome.type);
}

/** A table knows which of its rows takes this outcome; the compiler does not. */
type Row<Arguments extends readonly unknown[]> = (...args: Arguments) => State;

/** One turn: do what the state calls for, then move. Activities must be safe to repeat. */
export async function turn<A extends StateName>(
  state: State<A>,
  { activities, budget }: { activities: Activities; budget: Budget },
  signal: AbortSignal,
): Promise<State> {
  const at = state.at as A;
  const outcome: Outcome<StateName> = await activities[at](state, signal);
  if (isInterruption(outcome)) {
    const follow = interruptions[outcome.type] as Row<[State, Interruption]>;
    return follow(state as State, outcome);
  }
  const rows = transitions[at] as Readonly<
    Record<string, Row<[State<A>, Outcome<StateName>, Budget]>>
  >;
  const follow = rows[outcome.type];
  if (!follow) throw new Error(`${at} cannot end with ${outcome.type}`);
  return follow(state, outcome, budget);
}
