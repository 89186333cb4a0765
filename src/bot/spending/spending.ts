/**
 * What a bot's sessions may spend and have spent. Before one begins it is reserved in the bot's ledger, beside a reading of
 * everybody's; each answer of the model is kept on disk at once, so that a bot that was killed still books it; at its end it
 * is booked, once. A budget that is used up refuses the next session, and the next turn of one that runs.
 */
import {
  type Budgets,
  type Counting,
  findReached,
  findRemaining,
  findSoftSession,
  limitSession,
  listScopes,
  type Question,
  type ReachedLimit,
} from "../../core/budgets.ts";
import {
  type Amounts,
  priceUsage,
  type Reservation,
  type SpendingRow,
  type SpendingSubject,
  type Spent,
  sumSpent,
} from "../../core/spending.ts";
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { MeteredUsage } from "../../ports/harness.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Prices } from "../../settings/budget.ts";
import { Account, NONE_USED } from "./account.ts";
import { BudgetEvents } from "./budget-events.ts";
import type { Ledger, ReservationRef } from "./ledger.ts";

export interface SpendingTools {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly bot: string;
  readonly model: string;
  readonly pollIntervalMs: number;
  readonly random: () => number;
  /** By project. */
  readonly budgetsOf: (project: string) => Budgets;
  readonly pricesOf: (project: string) => Prices | undefined;
  /** Sessions that run, on disk. */
  readonly journal: Journal<readonly RunningSession[]>;
}

/** A session as it must be known after a kill. */
interface RunningSession extends ReservationRef {
  readonly subject: SpendingSubject;
  readonly usage: MeteredUsage;
  readonly seconds: number;
}

export type Opened =
  | { readonly type: "opened"; readonly account: Account; readonly limits: Partial<Amounts> }
  | { readonly type: "refused"; readonly reached: ReachedLimit };

const ROUNDS = 3;

export class Spending {
  readonly #tools: SpendingTools;
  readonly #news: BudgetEvents;
  readonly #running = new Map<string, RunningSession>();
  /** What is over and not booked yet. */
  readonly #ended = new Set<string>();
  #leftovers: Promise<void> | undefined;
  #lastPruned = "";
  #saving: Promise<unknown> = Promise.resolve();

  constructor(tools: SpendingTools) {
    this.#tools = tools;
    this.#news = new BudgetEvents(tools.events);
  }

  /** Why no session may begin in the project today, apart from what an issue has cost. */
  async findHeld(project: string): Promise<string | undefined> {
    const [first] = await this.#judge({ project }, "reserved");
    return first?.reason;
  }

  /** By all bots, on all days that are kept. */
  async sumIssue(project: string, issue: number): Promise<Spent> {
    const { rows } = await this.#tools.ledger.readAll();
    return sumSpent(rows.filter((row) => row.project === project && row.issue === issue));
  }

  /** Reserves what the session may take at most, and answers its limits; or says which budget is used up. */
  async open(subject: Omit<SpendingSubject, "model">, own: Partial<Amounts>): Promise<Opened> {
    await this.#recover();
    const { model, budgetsOf, ledger, clock, pollIntervalMs, random } = this.#tools;
    const limits = limitSession(own, budgetsOf(subject.project));
    for (let round = 1; ; round++) {
      const [reached] = await this.#judge(subject, "reserved");
      if (reached) return { type: "refused", reached };
      const most = await this.#cap(subject, limits);
      const whole = { ...subject, model };
      const id = crypto.randomUUID();
      const used: Amounts = { money: 0, tokens: 0, hours: 0 };
      const booking = await ledger.reserve({ ...whole, id, most, used } satisfies Reservation);
      // Each writes before it reads again: of two that reserve the same rest at least one sees the other.
      const over = await this.#findOverbooked(subject);
      if (!over) return { type: "opened", limits, account: await this.#start(booking, whole) };
      await ledger.book(booking, undefined);
      if (round === ROUNDS) return { type: "refused", reached: over };
      await clock.sleep(pollIntervalMs * random());
    }
  }

  async #start(booking: ReservationRef, subject: SpendingSubject): Promise<Account> {
    const running = { ...booking, subject, usage: NONE_USED, seconds: 0 };
    await this.#keep(running);
    const { clock, ledger, pollIntervalMs } = this.#tools;
    return new Account({
      clock,
      pollIntervalMs,
      save: (usage, seconds) => this.#keep({ ...running, usage, seconds }),
      publish: (used) => ledger.note(booking, used),
      judge: (used) => this.#judge(subject, "used", { id: booking.id, used }),
      price: (usage) =>
        priceUsage(usage, subject.model, this.#tools.pricesOf(subject.project)).money,
      end: () => this.#book(booking.id),
      warn: (used) => this.#warn(subject, used),
    });
  }

  #warn(subject: SpendingSubject, used: Amounts): (() => void) | undefined {
    const { project, role, issue } = subject;
    const overrun = findSoftSession(this.#tools.budgetsOf(project), used);
    if (overrun === undefined) return undefined;
    const { events, bot } = this.#tools;
    const budget = `the budget of a session of ${bot} as ${role}`;
    const about = issue === undefined ? {} : { issue };
    const reason = `${budget} is ${overrun}`;
    events.append({ type: "budget.reached", budget, level: "soft", reason, project, ...about });
    return () => events.append({ type: "budget.free", budget });
  }

  /** Which hard budgets are reached; what is told of them and of the soft ones, is told here. */
  async #judge(
    subject: Question["subject"],
    counting: Counting,
    own?: { readonly id: string; readonly used: Amounts },
  ): Promise<readonly ReachedLimit[]> {
    const { budgetsOf, bot, ledger } = this.#tools;
    const scopes = listScopes(budgetsOf(subject.project), subject);
    if (scopes.length === 0) return [];
    const { rows, open } = await ledger.readAll();
    const live = open.map((one) => (own?.id === one.id ? { ...one, used: own.used } : one));
    const question = { bot, day: ledger.today, subject };
    const inquiry = { ledgers: { rows, open: live }, question, counting };
    const hard = findReached("hard", scopes, inquiry);
    const soft = findReached("soft", scopes, { ...inquiry, counting: "used" });
    this.#news.report({ scopes, question, hard, soft });
    return hard;
  }

  /** No more than is left, and only of what a budget counts. */
  async #cap(subject: Question["subject"], limits: Partial<Amounts>): Promise<Partial<Amounts>> {
    const { budgetsOf, bot, ledger } = this.#tools;
    const scopes = listScopes(budgetsOf(subject.project), subject);
    if (scopes.length === 0) return {};
    const question = { bot, day: ledger.today, subject };
    const rest = findRemaining(scopes, {
      ledgers: await ledger.readAll(),
      question,
      counting: "reserved",
    });
    const capped = Object.entries(limits).flatMap(([key, limit]) => {
      const left = rest[key as keyof Amounts];
      return Number.isFinite(left) ? [[key, Math.min(limit, left)] as const] : [];
    });
    return Object.fromEntries(capped);
  }

  /** More is reserved than there is: somebody reserved at the same time. */
  async #findOverbooked(subject: Question["subject"]): Promise<ReachedLimit | undefined> {
    const { budgetsOf, bot, ledger } = this.#tools;
    const scopes = listScopes(budgetsOf(subject.project), subject);
    if (scopes.length === 0) return undefined;
    // A little more than the limit, so that what was reserved to its last token is no quarrel.
    const lenient = scopes.map((scope) => ({
      ...scope,
      limits: Object.fromEntries(
        Object.entries(scope.limits).map(([key, limit]) => [key, Number(limit) * 1.000001]),
      ),
    }));
    const question = { bot, day: ledger.today, subject };
    const inquiry = { ledgers: await ledger.readAll(), question, counting: "reserved" } as const;
    return findReached("hard", lenient, inquiry)[0];
  }

  /** What an earlier life left behind, and what could not be booked while the forge was away. */
  async #recover(): Promise<void> {
    this.#leftovers ??= this.#findLeftovers().catch((error: unknown) => {
      this.#leftovers = undefined;
      throw error;
    });
    await this.#leftovers;
    for (const id of [...this.#ended]) await this.#book(id);
    const { ledger } = this.#tools;
    if (this.#lastPruned === ledger.today) return;
    this.#lastPruned = ledger.today;
    await ledger.prune();
  }

  /** The file knows each answer; where it is gone, the ledger knows what was told last. */
  async #findLeftovers(): Promise<void> {
    const { journal, ledger } = this.#tools;
    const found = new Map((await journal.load())?.map((one) => [one.id, one]));
    for (const { id, day, used, most: _, bot: __, ...subject } of await ledger.findLeft()) {
      const usage = { inputTokens: used.tokens, outputTokens: 0, money: used.money };
      if (!found.has(id)) found.set(id, { id, day, subject, usage, seconds: used.hours * 3600 });
    }
    for (const [id, one] of found) {
      this.#running.set(id, one);
      this.#ended.add(id);
    }
  }

  /** Where the forge is away it is booked before the next session. */
  async #book(id: string): Promise<void> {
    const running = this.#running.get(id);
    if (!running) return;
    this.#ended.add(id);
    const { ledger, pricesOf } = this.#tools;
    const { subject, usage, seconds } = running;
    const { inputTokens, outputTokens } = usage;
    const priced = priceUsage(usage, subject.model, pricesOf(subject.project));
    const row: SpendingRow = {
      ...subject,
      sessions: 1,
      seconds: Math.round(seconds * 10) / 10,
      inputTokens,
      outputTokens,
      ...priced,
    };
    try {
      await ledger.book(running, row);
    } catch (error) {
      if (error instanceof DisintoError) return;
      throw error;
    }
    this.#running.delete(id);
    this.#ended.delete(id);
    await this.#save();
  }

  async #keep(running: RunningSession): Promise<void> {
    this.#running.set(running.id, running);
    await this.#save();
  }

  #save(): Promise<void> {
    const next = this.#saving.then(() => this.#tools.journal.save([...this.#running.values()]));
    this.#saving = next.catch(() => undefined);
    return next;
  }
}
