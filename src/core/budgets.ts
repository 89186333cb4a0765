/** Budgets: what may be spent in a session, on an issue and in a day, by a bot, in a project and in the factory. Pure. */
import type { Budget, BudgetLimits } from "../settings/budget.ts";
import {
  type Amounts,
  type LedgerRow,
  type Reservation,
  type SpendingSubject,
  toAmounts,
} from "./spending.ts";

/** All that stand over a bot's sessions in one project. */
export interface Budgets {
  readonly factory?: Budget | undefined;
  readonly project?: Budget | undefined;
  readonly bot?: Pick<Budget, "issue" | "day"> | undefined;
}

export interface BudgetScope {
  readonly of: keyof Budgets;
  readonly per: "issue" | "day";
  readonly limits: BudgetLimits;
}

/** Reservations of others, with whose they are. */
export type OpenReservation = Reservation & { readonly bot: string; readonly day: string };

export interface Ledgers {
  readonly rows: readonly LedgerRow[];
  readonly open: readonly OpenReservation[];
}

export interface Question {
  readonly bot: string;
  readonly day: string;
  readonly subject: Pick<SpendingSubject, "project" | "issue">;
}

export interface BudgetQuery {
  readonly ledgers: Ledgers;
  readonly question: Question;
  readonly counting: Counting;
}

export interface ReachedLimit {
  readonly scope: BudgetScope;
  /** `the day's budget of the project`, for people and as a name. */
  readonly budget: string;
  readonly reason: string;
}

const measures = ["money", "tokens", "hours"] as const;

export function listScopes(
  budgets: Budgets,
  { issue }: Question["subject"],
): readonly BudgetScope[] {
  return (["factory", "project", "bot"] as const).flatMap((of) =>
    (["issue", "day"] as const).flatMap((per): readonly BudgetScope[] => {
      const limits = budgets[of]?.[per];
      return limits && (per === "day" || issue !== undefined) ? [{ of, per, limits }] : [];
    }),
  );
}

/** `reserved`: sessions that run count with all that they may still take; `used`: with what they have used. */
export type Counting = "reserved" | "used";

function sumScope(scope: BudgetScope, { ledgers, question, counting }: BudgetQuery): Amounts {
  const counts = (one: SpendingSubject & { readonly bot: string; readonly day: string }) =>
    isWithin(scope, one, question);
  const booked = ledgers.rows.filter(counts).map(toAmounts);
  const running = ledgers.open.filter(counts).map(({ most, used }) =>
    counting === "used"
      ? used
      : {
          money: Math.max(most.money ?? 0, used.money),
          tokens: Math.max(most.tokens ?? 0, used.tokens),
          hours: Math.max(most.hours ?? 0, used.hours),
        },
  );
  return [...booked, ...running].reduce(add, NO_AMOUNTS);
}

const NO_AMOUNTS: Amounts = { money: 0, tokens: 0, hours: 0 };

function add(one: Amounts, other: Amounts): Amounts {
  return {
    money: one.money + other.money,
    tokens: one.tokens + other.tokens,
    hours: one.hours + other.hours,
  };
}

function isWithin(
  { of, per }: BudgetScope,
  one: SpendingSubject & { readonly bot: string; readonly day: string },
  { bot, day, subject }: Question,
): boolean {
  if (of === "bot" && one.bot !== bot) return false;
  if (per === "day" && one.day !== day) return false;
  if ((of === "project" || per === "issue") && one.project !== subject.project) return false;
  return per === "day" || one.issue === subject.issue;
}

/** Those that are used up, or of which more than the soft limit is. */
export function findReached(
  kind: "hard" | "soft",
  scopes: readonly BudgetScope[],
  query: BudgetQuery,
): readonly ReachedLimit[] {
  return scopes.flatMap((scope): readonly ReachedLimit[] => {
    const spent = sumScope(scope, query);
    const measure = measures.find((one) => spent[one] >= limitOf(scope.limits, kind, one));
    if (measure === undefined) return [];
    const budget = describeScope(scope, query.question);
    const limit = limitOf(scope.limits, kind, measure);
    const amounts = `${format(measure, spent[measure])} of ${format(measure, limit)}`;
    const how = kind === "hard" ? "used up, or reserved by what runs" : "over its soft limit";
    const reason = `${budget} is ${how}: ${amounts}`;
    return [{ scope, budget, reason }];
  });
}

function limitOf(limits: BudgetLimits, kind: "hard" | "soft", measure: keyof Amounts): number {
  return (
    limits[kind === "hard" ? measure : (`soft_${measure}` as const)] ?? Number.POSITIVE_INFINITY
  );
}

/** What is left of the tightest of them. */
export function findRemaining(scopes: readonly BudgetScope[], query: BudgetQuery): Amounts {
  const remaining = scopes.map((scope) => {
    const spent = sumScope(scope, query);
    return (measure: keyof Amounts) => limitOf(scope.limits, "hard", measure) - spent[measure];
  });
  const least = (measure: keyof Amounts) =>
    Math.max(0, Math.min(...remaining.map((left) => left(measure)), Number.POSITIVE_INFINITY));
  return { money: least("money"), tokens: least("tokens"), hours: least("hours") };
}

function describeScope({ of, per }: BudgetScope, { bot, day, subject }: Question): string {
  const whose = { factory: "of the factory", project: `of ${subject.project}`, bot: `of ${bot}` };
  const when = per === "day" ? `of ${day}` : `for issue #${subject.issue}`;
  return `the budget ${whose[of]} ${when}`;
}

function format(measure: keyof Amounts, amount: number): string {
  if (measure === "money") return `$${amount.toFixed(2)}`;
  if (measure === "tokens") return `${Math.round(amount).toLocaleString("en")} tokens`;
  return amount < 1 ? `${(amount * 60).toFixed(1)} minutes` : `${amount.toFixed(2)} hours`;
}

/** Says that a session has taken more than the project or the factory wants to be told of. */
export function findSoftSession(budgets: Budgets, used: Amounts): string | undefined {
  const all = [budgets.factory?.session ?? {}, budgets.project?.session ?? {}];
  for (const measure of measures) {
    const limit = Math.min(...all.map((one) => limitOf(one, "soft", measure)));
    if (used[measure] >= limit)
      return `over its soft limit: ${format(measure, used[measure])} of ${format(measure, limit)}`;
  }
  return undefined;
}

type SessionLimit = Partial<Amounts>;

/** A session's own limits: the tightest of its bot's, its project's and the factory's. */
export function limitSession(own: SessionLimit, budgets: Budgets): SessionLimit {
  const all = [own, budgets.factory?.session ?? {}, budgets.project?.session ?? {}];
  const entries = measures.flatMap((measure) => {
    const limits = all.flatMap((one) => one[measure] ?? []);
    return limits.length === 0 ? [] : [[measure, Math.min(...limits)] as const];
  });
  return Object.fromEntries(entries);
}
