/** What became of one issue, folded from events one by one. Pure. */
import type { StampedEvent } from "../bot-status.ts";

export const stages = [
  "waiting",
  "coding",
  "checking",
  "reviewing",
  "merging",
  "merged",
  "blocked",
] as const;
export type Stage = (typeof stages)[number];

/** The machine's states by the stage in which people look for them. */
const stageOfState: Readonly<Record<string, Stage>> = {
  preparing: "coding",
  coding: "coding",
  publishing: "coding",
  checking: "checking",
  reviewing: "reviewing",
  merging: "merging",
  closing: "merging",
  withdrawing: "merging",
  blocked: "blocked",
};

/** What sessions took. */
export interface SessionTotals {
  readonly sessions: number;
  readonly seconds: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly money: number;
}

export const NO_SESSIONS: SessionTotals = {
  sessions: 0,
  seconds: 0,
  inputTokens: 0,
  outputTokens: 0,
  money: 0,
};

export function addTotals(one: SessionTotals, other: SessionTotals): SessionTotals {
  return {
    sessions: one.sessions + other.sessions,
    seconds: one.seconds + other.seconds,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    money: one.money + other.money,
  };
}

export function totalsOf(event: Extract<StampedEvent, { type: "session.ended" }>): SessionTotals {
  const { seconds, inputTokens, outputTokens, money } = event;
  return { sessions: 1, seconds, inputTokens, outputTokens, money };
}

export interface IssueSummary {
  readonly project: string;
  readonly issue: number;
  readonly title: string;
  /** The bot that is or was at it. */
  readonly bot: string;
  readonly stage: Stage;
  /** Since when it is in the stage: ISO 8601. */
  readonly since: string;
  readonly claimedAt: string | undefined;
  readonly mergedAt: string | undefined;
  readonly pull: number | undefined;
  /** What the newest state gave as its reason. */
  readonly reason: string | undefined;
  /** Why a person is asked. */
  readonly cause: string | undefined;
  /** Milliseconds in each stage that it has left. */
  readonly spentIn: Readonly<Partial<Record<Stage, number>>>;
  /** How often each cause sent the work round again. */
  readonly charges: Readonly<Record<string, number>>;
  readonly spending: SessionTotals;
}

type IssueEvent = StampedEvent & { readonly project: string; readonly issue: number };

export function newIssueSummary({ project, issue, by, time }: IssueEvent): IssueSummary {
  return {
    project,
    issue,
    title: "",
    bot: by,
    stage: "waiting",
    since: time,
    claimedAt: undefined,
    mergedAt: undefined,
    pull: undefined,
    reason: undefined,
    cause: undefined,
    spentIn: {},
    charges: {},
    spending: NO_SESSIONS,
  };
}

export function addIssueEvent(summary: IssueSummary, event: IssueEvent): IssueSummary {
  switch (event.type) {
    case "issue.claimed": {
      const { title, by: bot, time } = event;
      return { ...summary, title, bot, claimedAt: summary.claimedAt ?? time };
    }
    case "state.entered": {
      const { at, reason, cause, pull = summary.pull, by: bot } = event;
      // A bot tidies up after the merge.
      const stage = summary.mergedAt === undefined ? stageOfState[at] : undefined;
      const moved = enter(summary, stage ?? summary.stage, event.time);
      return { ...moved, bot, pull, reason, cause };
    }
    case "pull.merged":
      return { ...enter(summary, "merged", event.time), mergedAt: event.time, pull: event.pull };
    case "issue.released":
      return release(summary, event.time);
    case "budget.charged":
      return { ...summary, charges: { ...summary.charges, [event.cause]: event.spent } };
    case "session.ended":
      return { ...summary, spending: addTotals(summary.spending, totalsOf(event)) };
    default:
      return summary;
  }
}

/** What is merged or blocked stays so; anything else is open to be taken again. */
function release(summary: IssueSummary, time: string): IssueSummary {
  if (summary.mergedAt !== undefined) return enter(summary, "merged", time);
  return summary.stage === "blocked" ? summary : enter(summary, "waiting", time);
}

function enter(summary: IssueSummary, stage: Stage, time: string): IssueSummary {
  if (stage === summary.stage) return summary;
  const spent = Math.max(0, toMs(time) - toMs(summary.since));
  const spentIn = {
    ...summary.spentIn,
    [summary.stage]: (summary.spentIn[summary.stage] ?? 0) + spent,
  };
  return { ...summary, stage, since: time, spentIn };
}

/** Milliseconds since 1970 of an ISO 8601 time in UTC, without the clock that this part may not have. */
export function toMs(time: string): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0] = time
    .split(/\D+/)
    .map(Number);
  const days = daysBefore(year, month) + day - 1;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
}

/** Days from 1970-01-01 to the first of the month (Howard Hinnant's days_from_civil). */
function daysBefore(year: number, month: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5);
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
