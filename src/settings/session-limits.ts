/** Limits of a bot's sessions: as its section says them, and as its service is told. */
import * as z from "zod/mini";
import type { SessionLimits } from "../core/factory.ts";
import { BudgetLimitsSection } from "./budget.ts";

function positive(description: string) {
  return z.number().check(z.positive(), z.describe(description));
}

function positiveInt(description: string) {
  return z.int().check(z.positive(), z.describe(description));
}

/** TOML knows no other way to say "no limit" than to leave the key out, so the two that guard have defaults. */
export const SessionSection = z.strictObject({
  minutes: z._default(
    positive("Minutes after which a session of the harness is ended, coding or reviewing"),
    120,
  ),
  silence: z._default(positive("Minutes without output after which a session is ended"), 30),
  first_token_minutes: z.optional(
    positive(
      "Minutes until the first word of an answer, of a model's server that cannot say that it reads the prompt (default: silence)",
    ),
  ),
  turns: z.optional(
    positiveInt(
      "Turns of the model in one session, for harnesses that count them; a command is told in DISINTO_MAX_TURNS",
    ),
  ),
  tokens: z.optional(
    positiveInt(
      "Tokens in and out in one session, for harnesses that count them; a command is told in DISINTO_MAX_TOKENS",
    ),
  ),
  money: z.optional(
    positive(
      "US dollars in one session, for harnesses that count them; a command is told in DISINTO_MAX_MONEY",
    ),
  ),
  issue: z.optional(BudgetLimitsSection.check(z.describe("What this bot may spend on one issue"))),
  day: z.optional(BudgetLimitsSection.check(z.describe("What this bot may spend in one day"))),
});

export const SessionLimitsShape: z.ZodMiniType<SessionLimits> = z.object({
  minutes: z.number(),
  silence: z.number(),
  first_token_minutes: z.optional(z.number()),
  turns: z.optional(z.int()),
  tokens: z.optional(z.int()),
  money: z.optional(z.number()),
  issue: z.optional(BudgetLimitsSection),
  day: z.optional(BudgetLimitsSection),
});
