/** What may be spent, as files and a service's environment say it. In dollars, tokens and hours of sessions. */
import * as z from "zod/mini";

function positive(description: string) {
  return z.optional(z.number().check(z.positive("must be more than 0"), z.describe(description)));
}

const told = "told once, and a problem in the status";

/** What one session, one issue or one day may take. What is left out has no limit. */
export const BudgetLimitsSection = z.strictObject({
  money: positive("US dollars, as far as prices are known"),
  tokens: positive("Tokens in and out"),
  hours: positive("Hours that sessions take, together"),
  soft_money: positive(`US dollars from which on it is ${told}`),
  soft_tokens: positive(`Tokens from which on it is ${told}`),
  soft_hours: positive(`Hours from which on it is ${told}`),
});
export type BudgetLimits = z.infer<typeof BudgetLimitsSection>;

export const BudgetSection = z.strictObject({
  session: z.optional(
    BudgetLimitsSection.check(z.describe("Of one session; beside the limits of its bot")),
  ),
  issue: z.optional(
    BudgetLimitsSection.check(
      z.describe("Of one issue, its reviews too; where it is used up, a person is asked"),
    ),
  ),
  day: z.optional(
    BudgetLimitsSection.check(
      z.describe("Of one day, in UTC; where it is used up, no session begins before the next day"),
    ),
  ),
});
export type Budget = z.infer<typeof BudgetSection>;

const price = (description: string) =>
  z.number().check(z.minimum(0, "must not be less than 0"), z.describe(description));

type BudgetReading =
  | { readonly value: Budget }
  | { readonly message: string; readonly hint: string };

/** As one line of `.env` says it: `day.money=20 issue.tokens=2000000`. */
export function parseBudget(line: string): BudgetReading {
  const budget: Record<string, Record<string, unknown>> = {};
  for (const word of line.split(/[\s,]+/).filter((one) => one !== "")) {
    const [, per = "", what = "", amount = ""] = /^(\w+)\.(\w+)=([\d_.]+)$/.exec(word) ?? [];
    budget[per] = { ...budget[per], [what]: Number(amount.replaceAll("_", "")) };
  }
  const parsed = BudgetSection.safeParse(budget);
  if (parsed.success) return { value: parsed.data };
  return {
    message: `${JSON.stringify(line)} is no budget`,
    hint: "write limits with spaces between them, such as day.money=20 day.soft_money=15 issue.tokens=2000000",
  };
}

const PriceSection = z.strictObject({
  input: price("US dollars for a million tokens in"),
  output: price("US dollars for a million tokens out"),
});
export type Price = z.infer<typeof PriceSection>;

export const PricesSection = z.record(
  z.string(),
  PriceSection.check(
    z.describe(
      "The price of models whose name is this, where a star stands for anything; before what an agent says of itself",
    ),
  ),
);
export type Prices = z.infer<typeof PricesSection>;
