/** Each bot: what it is at, with what, and what it has taken. Pure. */
import type { BotStatus } from "../bot-status.ts";
import { describeWork } from "../problems.ts";
import type { Start } from "./history.ts";
import { addTotals, NO_SESSIONS, type SessionTotals } from "./issue-summary.ts";
import { hasStopped, type SnapshotFacts } from "./snapshot.ts";

export interface BotLine {
  readonly name: string;
  /** `lost`: it was heard and is not heard any more. */
  readonly state: "working" | "idle" | "waiting" | "stopped" | "lost";
  readonly roles: readonly string[];
  readonly harness: string | undefined;
  readonly model: string | undefined;
  readonly backend: string | undefined;
  readonly version: string | undefined;
  /** What it is at, in words. */
  readonly work: string;
  readonly project: string | undefined;
  readonly issue: number | undefined;
  /** Since when it is at that: ISO 8601. */
  readonly since: string | undefined;
  readonly slots: readonly string[];
  readonly merges: number;
  readonly spending: SessionTotals;
  readonly lastEventAt: string | undefined;
}

/** Only who ever began as a bot is one; a CI tells events too. */
export function buildBotLines({ history, connections }: SnapshotFacts): readonly BotLine[] {
  const spent = new Map<string, SessionTotals>();
  for (const { bot, spending } of history.tally.spent)
    spent.set(bot, addTotals(spent.get(bot) ?? NO_SESSIONS, spending));
  return [...history.starts.values()]
    .map((start) => {
      const status = history.statuses.get(start.by);
      const isLost = connections?.get(start.by)?.isOpen === false;
      const state = judge(status, isLost);
      return describeBot({ start, status, state, spending: spent.get(start.by) ?? NO_SESSIONS });
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function judge(status: BotStatus | undefined, isLost: boolean): BotLine["state"] {
  if (hasStopped(status)) return "stopped";
  if (isLost) return "lost";
  if (status?.slotWait) return "waiting";
  const isBusy =
    (status?.standing !== undefined && status.standing.at !== "choosing") ||
    Object.keys(status?.sessions ?? {}).length > 0;
  return isBusy ? "working" : "idle";
}

interface BotState {
  readonly start: Start;
  readonly status: BotStatus | undefined;
  readonly state: BotLine["state"];
  readonly spending: SessionTotals;
}

function describeBot({ start, status, state, spending }: BotState): BotLine {
  const { by: name, roles, harness, model, backend, version } = start;
  const { standing, slots = [], totals, lastEventAt } = status ?? {};
  return {
    name,
    state,
    roles,
    harness,
    model,
    backend,
    version,
    work: status && state !== "stopped" ? describeWork(status) : "",
    project: standing?.project,
    issue: standing?.issue,
    since: standing?.since ?? lastEventAt,
    slots,
    merges: totals?.merges ?? 0,
    spending,
    lastEventAt,
  };
}
