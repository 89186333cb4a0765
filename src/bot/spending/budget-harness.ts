/** A harness whose sessions are paid for: none begins without its budgets, and what it used is booked. */
import type { Clock } from "../../ports/clock.ts";
import { NO_USAGE, type Session, type SessionEnd } from "../../ports/harness.ts";
import type { ObservedHarness } from "../session/observed-harness.ts";
import type { Account } from "./account.ts";
import type { Spending } from "./spending.ts";

interface BudgetOptions {
  readonly spending: Pick<Spending, "open">;
  readonly role: string;
  readonly clock: Clock;
  readonly pollIntervalMs: number;
  /** Waiting for another day is no standstill of the bot. */
  readonly onWaiting: () => void;
}

export function limitByBudget(harness: ObservedHarness, options: BudgetOptions): ObservedHarness {
  const { spending, role, clock, pollIntervalMs, onWaiting } = options;
  return {
    run: async (session) => {
      const { tokens, money, timeoutMs } = session;
      const own = {
        ...(tokens !== undefined && { tokens }),
        ...(money !== undefined && { money }),
        hours: timeoutMs / HOUR_MS,
      };
      const opened = await spending.open({ ...session.about, role }, own);
      if (opened.type === "opened") {
        const { account, limits } = opened;
        return runWithAccount(harness, { ...session, ...toLimits(limits, session) }, account);
      }
      const { scope, reason } = opened.reached;
      if (scope.per === "day") {
        onWaiting();
        await clock.sleep(pollIntervalMs, session.signal);
      }
      return toRefused({ output: "", usage: NO_USAGE }, scope.per, reason);
    },
  };
}

const HOUR_MS = 3_600_000;

function toLimits(
  { tokens, money, hours }: { tokens?: number; money?: number; hours?: number },
  { timeoutMs }: Session,
): Pick<Session, "tokens" | "money" | "timeoutMs"> {
  return { tokens, money, timeoutMs: hours === undefined ? timeoutMs : hours * HOUR_MS };
}

type AccountedSession = Parameters<ObservedHarness["run"]>[0];

async function runWithAccount(
  harness: ObservedHarness,
  session: AccountedSession,
  account: Account,
): Promise<SessionEnd> {
  let end: SessionEnd | undefined;
  try {
    end = await harness.run({ ...session, meter: account });
    const { reached } = account;
    if (!reached || end.type !== "failed" || end.fault !== "budget") return end;
    return toRefused(end, reached.scope.per, reached.reason);
  } finally {
    await account.close(end?.usage);
  }
}

/** An issue's budget is the fault, and no waiting helps; a day's passes. */
function toRefused(
  { output, usage, session }: Pick<SessionEnd, "output" | "usage" | "session">,
  per: "issue" | "day",
  reason: string,
): SessionEnd {
  const of = per === "issue" && ({ of: "request" } as const);
  return { type: "failed", fault: "budget", reason, output, usage, session, ...of };
}
