/** What a factory has cost, added up by whatever is asked for. Pure: the dashboard draws the same numbers. */
import { formatMoney, type LedgerRow, type Spent, sumSpent } from "./spending.ts";

/** What rows can be added up by. */
export const costGroups = ["bot", "issue", "model", "day"] as const;
export type CostGroup = (typeof costGroups)[number];

export interface CostLine extends Spent {
  readonly name: string;
}

export interface CostReport {
  readonly by: CostGroup;
  readonly lines: readonly CostLine[];
  readonly total: Spent;
}

export function reportCost(rows: readonly LedgerRow[], by: CostGroup): CostReport {
  const groups = new Map<string, LedgerRow[]>();
  for (const row of rows) {
    const name = nameOf[by](row);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const lines = [...groups].map(([name, own]) => ({ name, ...sumSpent(own) }));
  return { by, lines: lines.toSorted(compareNames), total: sumSpent(rows) };
}

const nameOf: Readonly<Record<CostGroup, (row: LedgerRow) => string>> = {
  bot: ({ bot }) => bot,
  model: ({ model }) => model,
  day: ({ day }) => day,
  issue: ({ project, issue, pull }) =>
    issue !== undefined ? `${project} #${issue}` : `${project}, pull request #${pull ?? "?"}`,
};

/** Numbers in a name count as numbers. */
function compareNames(one: CostLine, other: CostLine): number {
  return one.name.localeCompare(other.name, "en", { numeric: true });
}

export function formatCost({ by, lines, total }: CostReport): string {
  const head = [by, "sessions", "hours", "tokens in", "tokens out", "cost"];
  const rows = [...lines.map((line) => toCells(line.name, line)), toCells("all", total)];
  const widths = head.map((word, at) =>
    Math.max(word.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const pad = (cells: readonly string[]) =>
    cells
      .map((cell, at) =>
        at === 0 || at === 5 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return `${[head, ...rows].map(pad).join("\n")}\n`;
}

function toCells(name: string, spent: Spent): readonly string[] {
  const { sessions, seconds, inputTokens, outputTokens, money, unpriced } = spent;
  const price = formatMoney({ money, unpriced, tokens: inputTokens + outputTokens });
  return [
    name,
    String(sessions),
    (seconds / 3600).toFixed(2),
    inputTokens.toLocaleString("en"),
    outputTokens.toLocaleString("en"),
    price,
  ];
}
