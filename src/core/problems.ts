/** What a person should look at first, from everybody's events and the forge. Pure. */
import { formatBackendAddress } from "./backend.ts";
import type { BotStatus, StampedEvent } from "./bot-status.ts";
import { isAllowed } from "./egress-lists.ts";
import type { Project } from "./factory.ts";
import { networkPresets } from "./network-presets.ts";

export interface Problem {
  readonly kind:
    | "breaker"
    | "budget"
    | "blocked-issue"
    | "ci"
    | "credentials"
    | "failing"
    | "forge"
    | "network"
    | "paused"
    | "review"
    | "service";
  readonly text: string;
  /** ISO 8601, where it is known. */
  readonly since?: string | undefined;
  /** What a person does about it, to be pasted. */
  readonly command?: string;
  /** What it is about. */
  readonly about?: { readonly project: string; readonly issue?: number; readonly pull?: number };
  /** What goes on as soon as a person has done it; nothing is broken. */
  readonly asks?: "answer" | "merge" | "review";
}

export interface BlockedIssue {
  readonly project: string;
  readonly issue: number;
  readonly title: string;
}

/** Nothing is wrong then, but whoever wonders why nothing happens has to see it first. */
export function describePauses(
  pauses: readonly {
    readonly at: string;
    readonly bot: string | undefined;
    readonly text: string;
  }[],
): readonly Problem[] {
  return pauses.map(({ at, bot, text: pause }) => {
    const resume = `disinto resume${bot === undefined ? "" : ` ${bot}`}`;
    const text = `since ${formatTime(at)} ${pause} (${resume})`;
    return { kind: "paused", text, since: at || undefined, command: resume };
  });
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
    const shown = name.startsWith("backend/") ? formatBackendAddress(name) : name;
    const text = `${shown} is broken since ${formatTime(since)}: ${reason}`;
    return { kind: "breaker", text, since, command: "disinto doctor" };
  });
}

/** Every bot that asks says it; it is told once. */
export function findReachedBudgets(statuses: Iterable<BotStatus>): readonly Problem[] {
  const reached = new Map<string, BotStatus["budgets"][string]>();
  for (const { budgets } of statuses) {
    for (const [name, budget] of Object.entries(budgets)) {
      const known = reached.get(name);
      if (!known || (known.level !== "hard" && budget.level === "hard")) reached.set(name, budget);
    }
  }
  return [...reached.values()].map(({ since, reason }) => {
    const text = `since ${formatTime(since)} ${reason} (disinto cost)`;
    return { kind: "budget", text, since, command: "disinto cost" };
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
    const asks = last?.type === "state.entered" ? questionOf(last.cause) : undefined;
    const about = { project, issue };
    const command = `disinto retry ${issue} --project ${project}`;
    return {
      kind: "blocked-issue",
      text,
      since: last?.time,
      command,
      about,
      ...(asks && { asks }),
    };
  });
}

/** Causes for which a bot hands over or asks; all others are faults. */
const questions: Readonly<Record<string, Problem["asks"]>> = {
  "hand-over": "merge",
  "protected-files": "merge",
  protectedPaths: "answer",
  "unmet-dependency": "answer",
  "too-large": "answer",
  "already-done": "answer",
};

function questionOf(cause: string | undefined): Problem["asks"] {
  return cause === undefined ? undefined : questions[cause];
}

/** Heads that the CI was told of again in vain, or that no agent of it takes, until the bot goes on with that issue. */
export function findSilentCi(events: readonly StampedEvent[]): readonly Problem[] {
  const silent = new Map<string, Problem>();
  for (const event of events.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))) {
    if (!("project" in event && "issue" in event)) continue;
    const { project, issue } = event;
    const key = `${project} ${issue}`;
    if (event.type === "state.entered" || event.type === "issue.released") silent.delete(key);
    if (event.type !== "ci.silent") continue;
    const { pull, context, reason } = event;
    const advice =
      event.lacks === "agent"
        ? "see whether the CI's agent runs (disinto status)"
        : "look at the repository's webhooks on the forge";
    const text = `${context} of pull request #${pull} of ${project}: ${reason}; ${advice}`;
    const about = { project, issue, pull };
    silent.set(key, { kind: "ci", text, since: event.time, command: "disinto doctor", about });
  }
  return [...silent.values()];
}

/** What sessions were refused, with the line that would allow it; what is named by now is no problem any more. */
export function findRefusals(
  events: readonly StampedEvent[],
  projects: readonly Pick<Project, "name" | "network">[],
): readonly Problem[] {
  const found = new Map<string, Problem>();
  for (const event of events) {
    if (event.type !== "egress.refused") continue;
    const { by, project, host } = event;
    const known = projects.find(({ name }) => name === project);
    if (!known || isNamed(known, host)) continue;
    const line = `[network] allow = ${JSON.stringify([...known.network.allow, host])}`;
    const text = `${by} was refused ${host}; if ${project} needs it: ${line} in its file`;
    const key = `${by} ${project} ${host}`;
    const since = found.get(key)?.since ?? event.time;
    found.set(key, { kind: "network", text, since, about: { project } });
  }
  return [...found.values()];
}

/** As the proxy would judge it by what the project's file says now. */
function isNamed({ network }: Pick<Project, "network">, host: string): boolean {
  const [, name = host, port = "443"] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  const allow = network.allow.flatMap((one) => networkPresets[one] ?? [one]);
  return isAllowed(allow, name, Number(port));
}

export interface OpenPull {
  readonly project: string;
  readonly pull: number;
  readonly headSha: string;
}

/** Reviews that ended without a verdict on what the pull request holds now: nobody looks at it again but a person. */
export function findGivenUpReviews(
  events: readonly StampedEvent[],
  open: readonly OpenPull[],
): readonly Problem[] {
  return open.flatMap(({ project, pull, headSha }): readonly Problem[] => {
    const given = events.filter(
      (event) =>
        event.type === "pull.reviewed" &&
        event.project === project &&
        event.pull === pull &&
        event.sha === headSha,
    );
    const last = given.toSorted((a, b) => (a.time < b.time ? -1 : 1)).at(-1);
    if (last?.type !== "pull.reviewed" || !last.verdict.startsWith(REVIEW_REFUSED)) return [];
    const reason = last.verdict.slice(REVIEW_REFUSED.length).split("\n")[0];
    const text = `${last.by} gave up the review of pull request #${pull} of ${project} at ${formatTime(last.time)}: ${reason}; a person has to review it`;
    return [{ kind: "review", text, since: last.time, about: { project, pull }, asks: "review" }];
  });
}

/** How the verdict of such a review begins in its event. */
export const REVIEW_REFUSED = "refused: ";

/** `coding #7 since 2026-01-01 12:00:00`; what the session of another role is at, where there is one. */
export function describeWork(status: BotStatus): string {
  const { standing, sessions, lastEventAt, slotWait, paused } = status;
  const { issue, at, since } = standing ?? {};
  const parts = [
    ...(paused ? [`paused since ${formatTime(paused.since)}`] : []),
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
