/** What a person should look at first, from everybody's events and the forge. Pure. */
import type { BotStatus, StampedEvent } from "./bot-status.ts";

export interface Problem {
  readonly kind: "breaker" | "blocked-issue" | "forge" | "network";
  readonly text: string;
}

export interface BlockedIssue {
  readonly project: string;
  readonly issue: number;
  readonly title: string;
}

/** An open breaker is seen by every bot; it is told once. */
export function findOpenBreakers(statuses: Iterable<BotStatus>): readonly Problem[] {
  const open = new Map<string, { since: string; reason: string }>();
  for (const { breakers } of statuses) {
    for (const [name, breaker] of Object.entries(breakers)) {
      const known = open.get(name);
      if (!known || breaker.since < known.since) open.set(name, breaker);
    }
  }
  return [...open].map(([name, { since, reason }]) => {
    return { kind: "breaker", text: `${name} is broken since ${formatTime(since)}: ${reason}` };
  });
}

/** `events` say why, where a bot said it. */
export function describeBlocked(
  blocked: readonly BlockedIssue[],
  events: readonly StampedEvent[],
): readonly Problem[] {
  return blocked.map(({ project, issue, title }) => {
    const entered = events.filter(
      (event) =>
        event.type === "state.entered" &&
        event.at === "blocked" &&
        event.project === project &&
        event.issue === issue,
    );
    const last = entered.toSorted((a, b) => (a.time < b.time ? -1 : 1)).at(-1);
    const reason = last && "reason" in last ? (last.reason ?? "") : "its last comment says why";
    const text = `issue #${issue} of ${project} is blocked (${title}): ${reason.split("\n")[0]}`;
    return { kind: "blocked-issue", text };
  });
}

/** What sessions were refused, with the line that would allow it; what is named by now is no problem any more. */
export function findRefusals(
  events: readonly StampedEvent[],
  projects: readonly { readonly name: string; readonly allow: readonly string[] }[],
): readonly Problem[] {
  const found = new Map<string, Problem>();
  for (const event of events) {
    if (event.type !== "egress.refused") continue;
    const { by, project, host } = event;
    const known = projects.find(({ name }) => name === project);
    if (!known || known.allow.includes(host)) continue;
    const line = `[network] allow = ${JSON.stringify([...known.allow, host])}`;
    const text = `${by} was refused ${host}; if ${project} needs it: ${line} in its file`;
    found.set(`${by} ${project} ${host}`, { kind: "network", text });
  }
  return [...found.values()];
}

/** `coding #7 since 2026-01-01 12:00:00`; what the session of another role is at, where there is one. */
export function describeWork({ standing, sessions, lastEventAt, slotWait }: BotStatus): string {
  const { issue, at, since } = standing ?? {};
  const parts = [
    ...(at === undefined || since === undefined
      ? []
      : [`${at}${issue === undefined ? "" : ` #${issue}`} since ${formatTime(since)}`]),
    ...(slotWait ? [`waits for a free slot since ${formatTime(slotWait.since)}`] : []),
    ...Object.entries(sessions).flatMap(([role, { pull }]) =>
      pull === undefined ? [] : [`${role} of pull request #${pull}`],
    ),
  ];
  if (parts.length > 0) return parts.join(", ");
  return lastEventAt === undefined ? "" : `last event ${formatTime(lastEventAt)}`;
}

export function formatTime(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}`;
}
