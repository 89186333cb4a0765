/** What sessions have cost, as the bots' ledgers say it, and what a session costs. Pure. */
import type { Usage } from "../ports/harness.ts";
import type { Price, Prices } from "../settings/budget.ts";
import { globMatches } from "./glob.ts";

/** What a session is for. */
export interface SpendingSubject {
  readonly project: string;
  readonly role: string;
  readonly issue?: number | undefined;
  readonly pull?: number | undefined;
  readonly model: string;
}

export interface Spent {
  readonly sessions: number;
  readonly seconds: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars. */
  readonly money: number;
  /** Tokens that have no known price. */
  readonly unpriced: number;
}

export type SpendingRow = SpendingSubject & Spent;

/** A row with whose it is and of which day. */
export type LedgerRow = SpendingRow & { readonly bot: string; readonly day: string };

/** A session that has begun and is not booked yet. */
export interface Reservation extends SpendingSubject {
  readonly id: string;
  /** What it may take at most, as far as it is limited. */
  readonly most: Partial<Amounts>;
  readonly used: Amounts;
}

export interface Amounts {
  readonly money: number;
  readonly tokens: number;
  readonly hours: number;
}

export interface LedgerPage {
  readonly rows: readonly SpendingRow[];
  readonly open: readonly Reservation[];
}

export const NOTHING_SPENT: Spent = {
  sessions: 0,
  seconds: 0,
  inputTokens: 0,
  outputTokens: 0,
  money: 0,
  unpriced: 0,
};

function addSpent(one: Spent, other: Spent): Spent {
  return {
    sessions: one.sessions + other.sessions,
    seconds: one.seconds + other.seconds,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    money: one.money + other.money,
    unpriced: one.unpriced + other.unpriced,
  };
}

/** Sessions for the same thing are one row. */
export function addRow(rows: readonly SpendingRow[], row: SpendingRow): readonly SpendingRow[] {
  const at = rows.findIndex((one) => isSameSubject(one, row));
  const known = rows[at];
  if (!known) return [...rows, row];
  return rows.with(at, { ...known, ...addSpent(known, row) });
}

function isSameSubject(one: SpendingSubject, other: SpendingSubject): boolean {
  const keys = ["project", "role", "issue", "pull", "model"] as const;
  return keys.every((key) => one[key] === other[key]);
}

export function sumSpent(rows: readonly Spent[]): Spent {
  return rows.reduce<Spent>(addSpent, NOTHING_SPENT);
}

export function toAmounts({ money, inputTokens, outputTokens, seconds }: Spent): Amounts {
  return { money, tokens: inputTokens + outputTokens, hours: seconds / 3600 };
}

/**
 * What the operator says of a model comes first, since an agent names a price for models that it does not know; then what
 * the agent says. Who says nothing leaves the tokens without a price.
 */
export function priceUsage(
  { inputTokens, outputTokens, money }: Pick<Usage, "inputTokens" | "outputTokens" | "money">,
  model: string,
  prices: Prices = {},
): { readonly money: number; readonly unpriced: number } {
  const price = findPrice(prices, model);
  if (price)
    return {
      money: (inputTokens * price.input + outputTokens * price.output) / 1_000_000,
      unpriced: 0,
    };
  return money > 0 ? { money, unpriced: 0 } : { money: 0, unpriced: inputTokens + outputTokens };
}

/** The name itself before a pattern, and of patterns the longest. */
function findPrice(prices: Prices, model: string): Price | undefined {
  const named = Object.keys(prices).filter(
    (pattern) => pattern === model || globMatches(pattern, "", model),
  );
  const [best] = named.toSorted(
    (a, b) => Number(b === model) - Number(a === model) || b.length - a.length,
  );
  return best === undefined ? undefined : prices[best];
}

/** Whoever wrote it: what cannot be read is no page, and less than nothing was never spent. */
export function readPage(note: Readonly<Record<string, unknown>> | undefined): LedgerPage {
  const { rows, open } = note ?? {};
  return {
    rows: listOf(rows).flatMap((row) => {
      const subject = readSubject(row);
      return subject ? [{ ...subject, ...readSpent(row) }] : [];
    }),
    open: listOf(open).flatMap((one) => {
      const subject = readSubject(one);
      if (!subject || typeof one.id !== "string") return [];
      return [{ ...subject, id: one.id, most: readMost(one.most), used: readUsed(one.used) }];
    }),
  };
}

type Unknown = Readonly<Record<string, unknown>>;

function listOf(value: unknown): readonly Unknown[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];
}

function readSubject({ project, role, model, issue, pull }: Unknown): SpendingSubject | undefined {
  if (typeof project !== "string" || typeof role !== "string" || typeof model !== "string")
    return undefined;
  return {
    project,
    role,
    model,
    ...(Number.isSafeInteger(issue) && { issue: Number(issue) }),
    ...(Number.isSafeInteger(pull) && { pull: Number(pull) }),
  };
}

function readSpent(row: Unknown): Spent {
  const entries = Object.keys(NOTHING_SPENT).map((key) => [key, toAmount(row[key])]);
  return Object.fromEntries(entries) as unknown as Spent;
}

function readUsed(value: unknown): Amounts {
  const { money, tokens, hours } = Object(value) as Unknown;
  return { money: toAmount(money), tokens: toAmount(tokens), hours: toAmount(hours) };
}

function readMost(value: unknown): Partial<Amounts> {
  const entries = Object.entries(Object(value) as Unknown).filter(
    ([key, one]) => ["money", "tokens", "hours"].includes(key) && typeof one === "number",
  );
  return Object.fromEntries(entries.map(([key, one]) => [key, toAmount(one)]));
}

function toAmount(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

/** For people: `2 sessions, 1,234 tokens, $0.12`. */
export function formatSpent(spent: Spent): string {
  const { sessions, inputTokens, outputTokens, money, unpriced, seconds } = spent;
  const tokens = inputTokens + outputTokens;
  return [
    `${sessions} ${sessions === 1 ? "session" : "sessions"}`,
    `${(seconds / 60).toFixed(1)} minutes`,
    `${inputTokens.toLocaleString("en")} tokens in and ${outputTokens.toLocaleString("en")} out`,
    formatMoney({ money, unpriced, tokens }),
  ].join(", ");
}

export function formatMoney(spent: {
  readonly money: number;
  readonly unpriced: number;
  readonly tokens: number;
}): string {
  const { money, unpriced, tokens } = spent;
  if (unpriced === 0) return `$${money.toFixed(2)}`;
  if (unpriced >= tokens) return "of unknown price";
  return `$${money.toFixed(2)} and ${unpriced.toLocaleString("en")} tokens of unknown price`;
}
