/** Why each issue of the backlog waits, and since when, from the listing of the forge and what bots last told. Pure. */
import type { BotStatus } from "./bot-status.ts";
import { formatTime } from "./problems.ts";

export interface BacklogIssue {
  readonly project: string;
  readonly issue: number;
  readonly title: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface WaitingIssue {
  readonly project: string;
  readonly issue: number;
  readonly title: string;
  readonly because: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Without those that a bot is at, unless it waits for a slot itself. */
export function findWaiting(
  backlog: readonly BacklogIssue[],
  statuses: readonly BotStatus[],
): readonly WaitingIssue[] {
  return backlog.flatMap(({ project, issue, title, createdAt }) => {
    const why = explain({ project, issue, createdAt }, statuses);
    return why ? [{ project, issue, title, ...why }] : [];
  });
}

/** How the reason ends for which a person is asked to read an issue's text. */
export const NEEDS_APPROVAL = "(disinto approve)";

type Named = Omit<BacklogIssue, "title">;

function explain(
  { project, issue, createdAt }: Named,
  statuses: readonly BotStatus[],
): { because: string; since: string } | undefined {
  const worker = statuses.find(
    ({ standing }) => standing?.issue === issue && standing.project === project,
  );
  if (worker) {
    const { slotWait } = worker;
    if (!slotWait) return undefined;
    return {
      because: "its bot waits for a free slot of the model's server",
      since: slotWait.since,
    };
  }
  // The bot that told last knows best; one that works has not looked for a while.
  const reports = statuses
    .toSorted((a, b) => ((a.lastEventAt ?? "") < (b.lastEventAt ?? "") ? 1 : -1))
    .flatMap(({ queue }) => queue[project]?.find((one) => one.issue === issue) ?? []);
  const [newest] = reports;
  if (newest && newest.because !== LEASED) return { because: newest.because, since: newest.since };
  return { because: "no bot has been free to take it", since: createdAt };
}

/** Was so when the bot looked; a bot that is still at it was found above. */
const LEASED = "a bot works on it";

export function formatWaitingIssue({
  project,
  issue,
  title,
  because,
  since,
}: WaitingIssue): string {
  return `issue #${issue} of ${project} waits since ${formatTime(since)} (${title}): ${because}`;
}
