import { expect, test } from "vitest";
import { parseBudget } from "../settings/budget.ts";
import { limitSession } from "./budgets.ts";
import { formatCost, reportCost } from "./cost-report.ts";
import { formatSpent, NOTHING_SPENT, priceUsage, readPage } from "./spending.ts";

const usage = { inputTokens: 2_000_000, outputTokens: 1_000_000, money: 0 };
const row = (more: object) => ({
  ...NOTHING_SPENT,
  project: "shop",
  role: "dev",
  model: "qwen",
  bot: "ada",
  day: "2026-01-31",
  sessions: 1,
  ...more,
});

test("a price by name is taken before a pattern, the longer pattern before the shorter, each before the agent's own", () => {
  const price = (input: number) => ({ input, output: 0 });
  const prices = {
    "*": price(1),
    "qwen*": price(2),
    "qwen*-7b": price(3),
    "qwen-*-7b": price(4),
    qwen: price(5),
  };

  expect(priceUsage(usage, "qwen", prices).money).toBe(10);
  expect(priceUsage(usage, "qwen-x-7b", prices).money).toBe(8);
  expect(priceUsage({ ...usage, money: 99 }, "llama", prices).money).toBe(2);
  expect(priceUsage({ ...usage, money: 99 }, "llama")).toEqual({ money: 99, unpriced: 0 });
  expect(priceUsage(usage, "llama")).toEqual({ money: 0, unpriced: 3_000_000 });
});

test("a strange page counts for nothing less than nothing, and keeps what can be read", () => {
  const page = readPage({
    rows: [row({ inputTokens: -5, money: "1e9" }), { project: 1 }, "no row"],
    open: [{ ...row({}), id: "x", most: { tokens: -1, other: 3 }, used: null }, { id: 5 }],
  });

  expect(page.rows).toMatchObject([{ project: "shop", sessions: 1, inputTokens: 0, money: 0 }]);
  expect(page.open).toMatchObject([{ id: "x", most: { tokens: 0 }, used: { tokens: 0 } }]);
  expect(readPage(undefined)).toEqual({ rows: [], open: [] });
});

test("a line of .env says what a section says, or is refused with an example", () => {
  expect(parseBudget("day.money=20 day.soft_money=15, issue.tokens=2_000_000")).toEqual({
    value: { day: { money: 20, soft_money: 15 }, issue: { tokens: 2_000_000 } },
  });
  for (const wrong of ["day=20", "day.money=-1", "week.money=3", "day.coins=3", "day.money=0"])
    expect(parseBudget(wrong)).toMatchObject({ hint: expect.stringContaining("day.money=20") });
});

test("a session's limit is the tightest that anybody set", () => {
  const budgets = {
    factory: { session: { tokens: 50, money: 3 } },
    project: { session: { tokens: 70 } },
  };

  expect(limitSession({ tokens: 60, hours: 2 }, budgets)).toEqual({
    tokens: 50,
    money: 3,
    hours: 2,
  });
});

test("the report of what was spent adds up by what is asked, with what has no price beside what has", () => {
  const rows = [
    row({ issue: 10, inputTokens: 1_000_000, money: 1.5, seconds: 3600 }),
    row({ issue: 9, inputTokens: 200, unpriced: 200, bot: "bea" }),
    row({ issue: 10, role: "review", outputTokens: 50, money: 0.25 }),
  ];

  expect(formatCost(reportCost(rows, "issue"))).toMatchInlineSnapshot(`
    "issue     sessions  hours  tokens in  tokens out  cost
    shop #9          1   0.00        200           0  of unknown price
    shop #10         2   1.00  1,000,000          50  $1.75
    all              3   1.00  1,000,200          50  $1.75 and 200 tokens of unknown price
    "
  `);
  expect(reportCost(rows, "bot").lines.map(({ name, sessions }) => [name, sessions])).toEqual([
    ["ada", 2],
    ["bea", 1],
  ]);
  expect(formatSpent(row({ inputTokens: 9, unpriced: 9 }))).toBe(
    "1 session, 0.0 minutes, 9 tokens in and 0 out, of unknown price",
  );
});
