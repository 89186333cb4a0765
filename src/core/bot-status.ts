/** What a bot does and has done, from its events alone: the bot itself and whoever reads its file learn the same. Pure. */

import type { BotEvent } from "../ports/event-log.ts";
import { hasRoleThat } from "../roles/definitions.ts";

/** One line of an events file. */
export type StampedEvent = BotEvent & {
  /** ISO 8601. */
  readonly time: string;
  readonly by: string;
};

/** Where the dev bot's machine stands. */
export interface CurrentState {
  readonly at: string;
  readonly since: string;
  readonly project?: string;
  readonly issue?: number;
  readonly pull?: number;
  readonly reason?: string;
}

export interface BotStatus {
  readonly startedAt: string | undefined;
  readonly stoppedAt: string | undefined;
  readonly lastEventAt: string | undefined;
  readonly standing: CurrentState | undefined;
  /** A person stopped it. */
  readonly paused: { readonly since: string; readonly person: string } | undefined;
  /** Sessions of the harness under way, by role. */
  readonly sessions: Readonly<Record<string, { since: string; issue?: number; pull?: number }>>;
  /** Open circuit breakers by name. */
  readonly breakers: Readonly<Record<string, { since: string; reason: string }>>;
  /** Budgets that are used up, or over their soft limit, by name. */
  readonly budgets: Readonly<Record<string, ReachedBudget>>;
  /** Waits for a free slot of a model's server. */
  readonly slotWait: { readonly backend: string; readonly since: string } | undefined;
  /** Slots held on a model's server, as `backend#slot`. */
  readonly slots: readonly string[];
  /** Issues of the backlog that wait, by project. */
  readonly queue: Readonly<Record<string, readonly Waiting[]>>;
  readonly totals: Totals;
  /** The newest failures of the outside, by code. */
  readonly failures: Readonly<Record<string, { count: number; at: string; message: string }>>;
  /** What fails now, by code, and is tried again. */
  readonly failing: Readonly<Record<string, { since: string; times: number; message: string }>>;
}

export interface ReachedBudget {
  readonly since: string;
  readonly reason: string;
  /** `hard`: no session begins. */
  readonly level: string;
}

export interface Waiting {
  readonly issue: number;
  readonly because: string;
  /** When this reason began: ISO 8601. */
  readonly since: string;
}

export interface Totals {
  readonly claims: number;
  readonly merges: number;
  readonly reviews: number;
  readonly takeovers: number;
  readonly leasesLost: number;
  readonly modelSeconds: number;
  readonly turns: number;
  readonly toolCalls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly money: number;
  /** How sessions ended: `finished`, `interrupted`, or the fault. */
  readonly sessions: Readonly<Record<string, number>>;
  /** How often each cause was charged. */
  readonly charges: Readonly<Record<string, number>>;
  /** Refused merges by class. */
  readonly refusals: Readonly<Record<string, number>>;
}

export const unknownStatus: BotStatus = {
  startedAt: undefined,
  stoppedAt: undefined,
  lastEventAt: undefined,
  standing: undefined,
  paused: undefined,
  sessions: {},
  breakers: {},
  budgets: {},
  slotWait: undefined,
  slots: [],
  queue: {},
  totals: {
    claims: 0,
    merges: 0,
    reviews: 0,
    takeovers: 0,
    leasesLost: 0,
    modelSeconds: 0,
    turns: 0,
    toolCalls: 0,
    inputTokens: 0,
    outputTokens: 0,
    money: 0,
    sessions: {},
    charges: {},
    refusals: {},
  },
  failures: {},
  failing: {},
};

export function summarizeEvents(events: readonly StampedEvent[]): BotStatus {
  return events.reduce(applyEvent, unknownStatus);
}

export function applyEvent(status: BotStatus, event: StampedEvent): BotStatus {
  const known = { ...status, lastEventAt: event.time };
  return {
    ...known,
    ...applyLifeEvent(known, event),
    ...applyStateEvent(known, event),
    ...applyResourceEvent(known, event),
    totals: count(known.totals, event),
  };
}

function addFailing(
  { failing }: BotStatus,
  { code, message, time }: StampedEvent & { readonly type: "failure" },
): BotStatus["failing"] {
  const { since = time, times = 0 } = failing[code] ?? {};
  return { ...failing, [code]: { since, times: times + 1, message } };
}

/** What a process held when it was killed, it holds no more. */
function applyLifeEvent(status: BotStatus, event: StampedEvent): Partial<BotStatus> {
  const { time } = event;
  switch (event.type) {
    case "bot.started":
      return {
        startedAt: time,
        stoppedAt: undefined,
        paused: undefined,
        budgets: {},
        sessions: {},
        slots: [],
        slotWait: undefined,
        failing: {},
      };
    case "bot.stopped":
      return { stoppedAt: time, failing: {} };
    case "bot.paused":
      return { paused: { since: time, person: event.person } };
    case "bot.resumed":
      return { paused: undefined };
    case "failure": {
      const before = status.failures[event.code]?.count ?? 0;
      const failure = { count: before + 1, at: time, message: event.message };
      return {
        failures: { ...status.failures, [event.code]: failure },
        ...(event.retryInMs > 0 && { failing: addFailing(status, event) }),
      };
    }
    case "failure.ended": {
      const { [event.code]: _, ...failing } = status.failing;
      return { failing };
    }
    default:
      return {};
  }
}

function applyStateEvent({ standing }: BotStatus, event: StampedEvent): Partial<BotStatus> {
  if (event.type === "issue.released") return { standing: { at: "choosing", since: event.time } };
  if (
    event.type === "bot.started" &&
    !standing &&
    hasRoleThat(event.roles, ({ takesIssues }) => takesIssues)
  )
    return { standing: { at: "choosing", since: event.time } };
  if (event.type !== "state.entered") return {};
  const { time: since, at, project, issue, pull, reason } = event;
  return {
    standing: {
      at,
      since,
      project,
      issue,
      ...(pull !== undefined && { pull }),
      ...(reason !== undefined && { reason }),
    },
  };
}

function applyResourceEvent(status: BotStatus, event: StampedEvent): Partial<BotStatus> {
  switch (event.type) {
    case "session.started": {
      const { time: since, role, issue, pull } = event;
      const about = { ...(issue !== undefined && { issue }), ...(pull !== undefined && { pull }) };
      return { sessions: { ...status.sessions, [role]: { since, ...about } } };
    }
    case "queue.seen":
      return { queue: { ...status.queue, [event.project]: dateWaiting(status, event) } };
    case "session.ended":
      return { sessions: without(status.sessions, event.role) };
    case "breaker.opened": {
      const { breaker, reason, time: since } = event;
      return { breakers: { ...status.breakers, [breaker]: { since, reason } } };
    }
    case "breaker.closed":
      return { breakers: without(status.breakers, event.breaker) };
    case "budget.reached": {
      const { budget, reason, level, time: since } = event;
      return { budgets: { ...status.budgets, [budget]: { since, reason, level } } };
    }
    case "budget.free":
      return { budgets: without(status.budgets, event.budget) };
    case "slot.waiting":
      return { slotWait: { backend: event.backend, since: event.time } };
    case "slot.taken":
      return { slots: [...status.slots, `${event.backend}#${event.slot}`], slotWait: undefined };
    case "slot.released": {
      const freed = `${event.backend}#${event.slot}`;
      return { slots: status.slots.filter((slot) => slot !== freed) };
    }
    default:
      return {};
  }
}

/** A reason that stays has the time at which it was first told. */
function dateWaiting(
  { queue }: BotStatus,
  { project, waiting, time }: Extract<StampedEvent, { type: "queue.seen" }>,
): readonly Waiting[] {
  const known = new Map(queue[project]?.map((one) => [one.issue, one]));
  return waiting.map(({ issue, because }) => {
    const before = known.get(issue);
    return { issue, because, since: before?.because === because ? before.since : time };
  });
}

function count(totals: Totals, event: StampedEvent): Totals {
  switch (event.type) {
    case "issue.claimed":
      return { ...totals, claims: totals.claims + 1 };
    case "pull.merged":
      return { ...totals, merges: totals.merges + 1 };
    case "pull.reviewed":
      return { ...totals, reviews: totals.reviews + 1 };
    case "lease.taken-over":
      return { ...totals, takeovers: totals.takeovers + 1 };
    case "lease.lost":
      return { ...totals, leasesLost: totals.leasesLost + 1 };
    case "budget.charged":
      return { ...totals, charges: increment(totals.charges, event.cause) };
    case "merge.refused":
      return { ...totals, refusals: increment(totals.refusals, event.kind) };
    case "session.ended":
      return {
        ...totals,
        modelSeconds: totals.modelSeconds + event.seconds,
        turns: totals.turns + event.turns,
        toolCalls: totals.toolCalls + event.toolCalls,
        inputTokens: totals.inputTokens + event.inputTokens,
        outputTokens: totals.outputTokens + event.outputTokens,
        money: totals.money + event.money,
        sessions: increment(totals.sessions, event.fault ?? event.end),
      };
    default:
      return totals;
  }
}

function increment(
  counts: Readonly<Record<string, number>>,
  key: string,
): Readonly<Record<string, number>> {
  return { ...counts, [key]: (counts[key] ?? 0) + 1 };
}

function without<Value>(
  values: Readonly<Record<string, Value>>,
  key: string,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name !== key));
}
