/** Events and forge → all that a page, a command, a metric or an alert says of the factory at one time. Pure. */
import type { CheckState, Review } from "../../ports/forge.ts";
import type { BotStatus } from "../bot-status.ts";
import type { Project } from "../factory.ts";
import {
  describeBlocked,
  describePauses,
  findGivenUpReviews,
  findOpenBreakers,
  findReachedBudgets,
  findRefusals,
  findSilentCi,
  type OpenPull,
  type Problem,
} from "../problems.ts";
import {
  describeDeadServices,
  describeFailing,
  describeMissing,
  describeRefused,
} from "../service-problems.ts";
import type { ServiceStatus } from "../service-status.ts";
import { type BacklogIssue, findWaiting, NEEDS_APPROVAL, type WaitingIssue } from "../waiting.ts";
import { buildBoard, type Card } from "./board.ts";
import { type BotLine, buildBotLines } from "./bots.ts";
import type { FactoryHistory } from "./history.ts";

export interface OpenIssue extends BacklogIssue {
  readonly labels: readonly string[];
}

export interface PullFacts extends OpenPull {
  readonly title?: string;
  /** Empty where nobody asked. */
  readonly checks?: readonly { readonly context: string; readonly state: CheckState }[];
  readonly reviews?: readonly Pick<Review, "author" | "verdict" | "stale">[];
}

/** As the forge was last seen. */
export interface ForgeFacts {
  /** Open ones; what else is closed or merged is known from events. */
  readonly issues: readonly OpenIssue[];
  readonly pulls: readonly PullFacts[];
  readonly problems: readonly Problem[];
  /** What people told bots to leave alone. */
  readonly pauses?: Parameters<typeof describePauses>[0];
}

export const NO_FORGE: ForgeFacts = { issues: [], pulls: [], problems: [] };

export interface Connection {
  readonly isOpen: boolean;
  /** ISO 8601. */
  readonly since: string;
}

export interface SnapshotFacts {
  /** ISO 8601. */
  readonly now: string;
  readonly history: FactoryHistory;
  readonly forge: ForgeFacts;
  /** As the engine was last seen. */
  readonly services: readonly ServiceStatus[];
  readonly projects: readonly Pick<Project, "name" | "network">[];
  /** Whose credentials were tried. */
  readonly credentials?: Parameters<typeof describeRefused>[0];
  /** By bot; undefined where bots connect to nobody. */
  readonly connections?: ReadonlyMap<string, Connection>;
}

export interface Snapshot {
  readonly at: string;
  /** All, those that ask a person for something among them. */
  readonly problems: readonly Problem[];
  /** What goes on as soon as a person has looked. */
  readonly forYou: readonly Problem[];
  readonly services: readonly ServiceStatus[];
  readonly waiting: readonly WaitingIssue[];
  readonly board: readonly Card[];
  readonly bots: readonly BotLine[];
}

/** The labels by which the forge says where an issue is. */
export interface Labels {
  readonly backlog: string;
  readonly blocked: string;
}

export function deriveSnapshot(facts: SnapshotFacts, labels: Labels): Snapshot {
  const { history, forge, services, projects, credentials = [], now } = facts;
  const { statuses, notable } = history;
  const names = nameByService(services, statuses);
  const blocked = forge.issues.filter((one) => one.labels.includes(labels.blocked));
  const backlog = forge.issues.filter(
    (one) => one.labels.includes(labels.backlog) && !blocked.includes(one),
  );
  const waiting = findWaiting(backlog, [...statuses.values()]);
  const problems = [
    ...describePauses(forge.pauses ?? []),
    ...describeDeadServices(services, names),
    ...describeMissing(services),
    ...describeFailing(services, names),
    ...findLostBots(facts),
    ...describeRefused(credentials),
    ...findOpenBreakers(statuses.values()),
    ...findReachedBudgets(statuses.values()),
    ...findSilentCi(notable),
    ...findRefusals(notable, projects),
    ...findGivenUpReviews(notable, forge.pulls),
    ...describeBlocked(blocked, notable),
    ...forge.problems,
  ];
  const board = buildBoard({ summaries: history.summaries, waiting, forge, blocked, now });
  return {
    at: now,
    problems,
    forYou: [...waiting.flatMap(askApproval), ...problems.filter(({ asks }) => asks)],
    services,
    waiting,
    board,
    bots: buildBotLines(facts),
  };
}

/** Who only knows the bots' own names finds them under those of their services too. */
function nameByService(
  services: readonly ServiceStatus[],
  statuses: ReadonlyMap<string, BotStatus>,
): ReadonlyMap<string, BotStatus> {
  const named = services.flatMap(({ service }) => {
    const status = statuses.get(service) ?? statuses.get(service.replace(/^agents-(llama-)?/, ""));
    return status ? [[service, status] as const] : [];
  });
  return new Map(named);
}

/** Connected once, gone without a word. */
function findLostBots({ connections, history }: SnapshotFacts): readonly Problem[] {
  return [...(connections ?? [])].flatMap(([bot, { isOpen, since }]): readonly Problem[] => {
    if (isOpen || hasStopped(history.statuses.get(bot))) return [];
    const text = `${bot} is not heard any more: its process ended or the network is broken (disinto logs ${bot})`;
    return [{ kind: "service", text, since, command: `disinto logs ${bot}` }];
  });
}

export function hasStopped(status: BotStatus | undefined): boolean {
  const { startedAt, stoppedAt } = status ?? {};
  return stoppedAt !== undefined && stoppedAt >= (startedAt ?? "");
}

function askApproval({ project, issue, title, because, since }: WaitingIssue): readonly Problem[] {
  if (!because.endsWith(NEEDS_APPROVAL)) return [];
  return [
    {
      kind: "blocked-issue",
      text: `issue #${issue} of ${project} (${title}): ${because}`,
      since,
      command: `disinto approve ${issue} --project ${project}`,
      about: { project, issue },
      asks: "answer",
    },
  ];
}
