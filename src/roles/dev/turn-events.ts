/** What one turn of the dev bot's machine is told as: pure, from the states before and after it. */
import type { BotEvent } from "../../ports/event-log.ts";
import type { State } from "./machine.ts";
import { SERVER_FAULTS } from "./retries.ts";
import type { Work } from "./work.ts";

/** Whatever stops short of them stops because the lease is gone. */
const lastStates: ReadonlySet<State["at"]> = new Set(["closing", "blocked", "withdrawing"]);

export function describeTurn(from: State, to: State): readonly BotEvent[] {
  if (!("work" in to)) {
    if (!("work" in from)) return [];
    const { project, issue } = from.work;
    const released: BotEvent = { type: "issue.released", project, issue };
    return lastStates.has(from.at)
      ? [released]
      : [{ type: "lease.lost", project, issue }, released];
  }
  const { project, issue, title } = to.work;
  const pull = "pull" in to.work ? { pull: to.work.pull } : {};
  return [
    ...(from.at === "choosing" ? [{ type: "issue.claimed", project, issue, title } as const] : []),
    ...("work" in from ? describeCharges(from.work, to.work) : []),
    ...(from.at === "merging" && to.at === "closing"
      ? [
          {
            type: "pull.merged",
            project,
            issue,
            pull: from.work.pull,
            sha: from.work.head,
          } as const,
        ]
      : []),
    {
      type: "state.entered",
      at: to.at,
      project,
      issue,
      ...pull,
      ...explain(to),
    },
  ];
}

/** What sent the work here. */
function explain(to: Extract<State, { work: Work }>): { reason?: string; cause?: string } {
  if (to.at === "blocked") return { reason: to.reason, cause: to.cause };
  return to.work.feedback ? { reason: to.work.feedback } : {};
}

function describeCharges(before: Work, after: Work): readonly BotEvent[] {
  const { project, issue } = after;
  return Object.entries(after.counters)
    .filter(([cause, spent]) => cause !== SERVER_FAULTS && spent > (before.counters[cause] ?? 0))
    .map(([cause, spent]) => ({ type: "budget.charged", project, issue, cause, spent }));
}
