/** The tables behind the charts: the last days, each with its columns. Pure. */
import type { FactoryHistory } from "./history.ts";
import { type SessionTotals, type Stage, toMs } from "./issue-summary.ts";

export interface Figure {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly values: readonly number[] }[];
}

export interface Figures {
  readonly mergedPerDay: Figure;
  /** Median hours that merged issues spent in each stage. */
  readonly leadTime: Figure;
  readonly lostRounds: Figure;
  /** Hours that slots of each server were held, and were waited for. */
  readonly slots: Figure;
  readonly spending: (by: "bot" | "model" | "project", what: keyof SessionTotals) => Figure;
}

const DAYS = 30;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const leadStages: readonly Stage[] = ["coding", "checking", "reviewing", "merging"];

export function deriveFigures(history: FactoryHistory, now: string): Figures {
  const { tally, summaries } = history;
  const days = listDays(now, firstDay(history));
  const perDay = (columns: readonly string[], read: (day: string, column: string) => number) => {
    const rows = days.map((day) => ({ name: day, values: columns.map((one) => read(day, one)) }));
    return columns.length === 0 ? { columns, rows: [] } : { columns, rows };
  };
  const merged = [...summaries.values()].filter(({ mergedAt }) => mergedAt !== undefined);
  const slots = [...new Set(tally.slots.map(({ backend }) => backend))].sort();
  const slotOf = new Map(tally.slots.map((one) => [`${one.day} ${one.backend}`, one]));
  return {
    mergedPerDay: perDay(["merged"], (day) => tally.merged.get(day) ?? 0),
    leadTime: perDay(leadStages, (day, stage) => {
      const own = merged.filter(({ mergedAt }) => mergedAt?.startsWith(day));
      return median(own.map(({ spentIn }) => spentIn[stage as Stage] ?? 0)) / HOUR_MS;
    }),
    lostRounds: perDay(listMost(tally.lost), (day, cause) => tally.lost.get(day)?.get(cause) ?? 0),
    slots: perDay(
      slots,
      (day, backend) => (slotOf.get(`${day} ${backend}`)?.heldMs ?? 0) / HOUR_MS,
    ),
    spending: (by, what) => {
      const sums = new Map<string, number>();
      const totals = new Map<string, number>();
      for (const row of tally.spent) {
        const key = `${row.day} ${row[by]}`;
        sums.set(key, (sums.get(key) ?? 0) + row.spending[what]);
        totals.set(row[by], (totals.get(row[by]) ?? 0) + row.spending[what]);
      }
      return perDay(listLargest(totals), (day, name) => sums.get(`${day} ${name}`) ?? 0);
    },
  };
}

function firstDay({ summaries }: FactoryHistory): string {
  let first = "9999";
  for (const { claimedAt } of summaries.values())
    if (claimedAt !== undefined && claimedAt < first) first = claimedAt;
  return first.slice(0, 10);
}

/** Up to today, since the first on which anything was done. */
function listDays(now: string, first: string): readonly string[] {
  const today = Math.floor(toMs(now) / DAY_MS);
  const all = Array.from({ length: DAYS }, (_, at) => formatDay(today - DAYS + 1 + at));
  return all.filter((day) => day >= first);
}

/** The inverse of days_from_civil. */
function formatDay(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const part = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * part + 2) / 5) + 1;
  const month = part < 10 ? part + 3 : part - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const pad = (number: number) => String(number).padStart(2, "0");
  return `${year}-${pad(month)}-${pad(day)}`;
}

const MOST_COLUMNS = 6;

function listMost(lost: ReadonlyMap<string, ReadonlyMap<string, number>>): readonly string[] {
  const totals = new Map<string, number>();
  for (const causes of lost.values())
    for (const [cause, count] of causes) totals.set(cause, (totals.get(cause) ?? 0) + count);
  return listLargest(totals);
}

function listLargest(totals: ReadonlyMap<string, number>): readonly string[] {
  const largest = [...totals].filter(([, sum]) => sum > 0).sort((a, b) => b[1] - a[1]);
  return largest.slice(0, MOST_COLUMNS).map(([name]) => name);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [
    sorted[sorted.length % 2 === 0 ? middle - 1 : middle],
    sorted[middle],
  ];
  return (low + high) / 2;
}
