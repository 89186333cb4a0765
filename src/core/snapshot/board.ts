/** Issues by stage, with what is known of each. Pure. */
import type { WaitingIssue } from "../waiting.ts";
import { keyOf } from "./history.ts";
import { type IssueSummary, NO_SESSIONS, type SessionTotals, type Stage } from "./issue-summary.ts";
import type { ForgeFacts, OpenIssue, PullFacts } from "./snapshot.ts";

export interface Card {
  readonly project: string;
  readonly issue: number;
  readonly title: string;
  readonly stage: Stage;
  /** ISO 8601. */
  readonly since: string;
  /** Why it waits, or what the newest state's reason was. */
  readonly because: string | undefined;
  readonly bot: string | undefined;
  /** How often it was sent round again. */
  readonly attempts: number;
  readonly spending: SessionTotals;
  readonly pull: PullFacts | { readonly pull: number } | undefined;
}

interface BoardFacts {
  readonly summaries: ReadonlyMap<string, IssueSummary>;
  readonly waiting: readonly WaitingIssue[];
  readonly forge: ForgeFacts;
  readonly blocked: readonly OpenIssue[];
  readonly now: string;
}

/** What was merged longer ago stands in the charts alone. */
const MOST_MERGED = 30;

export function buildBoard({ summaries, waiting, forge, blocked }: BoardFacts): readonly Card[] {
  const pulls = new Map(forge.pulls.map((one) => [`${one.project}!${one.pull}`, one]));
  const known = (summary: IssueSummary): Card => {
    const { project, issue, title, stage, since, reason, bot, charges, spending, pull } = summary;
    return {
      project,
      issue,
      title,
      stage,
      since,
      because: reason?.split("\n")[0],
      bot,
      attempts: Object.values(charges).reduce((sum, one) => sum + one, 0),
      spending,
      pull: pull === undefined ? undefined : (pulls.get(`${project}!${pull}`) ?? { pull }),
    };
  };
  const waits = waiting.map((one) => placeWaiting(one, summaries.get(keyOf(one)), known));
  const stopped = blocked.map((one): Card => {
    const summary = summaries.get(keyOf(one));
    const base = summary ? known(summary) : describeUnknown(one, one.createdAt);
    return { ...base, title: one.title, stage: "blocked" };
  });
  const placed = new Set([...waits, ...stopped].map(keyOf));
  const others = [...summaries.values()].filter((summary) => !placed.has(keyOf(summary)));
  const busy = others.filter(({ stage }) => !["waiting", "blocked", "merged"].includes(stage));
  const merged = others
    .filter(({ stage }) => stage === "merged")
    .sort((a, b) => (a.since < b.since ? 1 : -1))
    .slice(0, MOST_MERGED);
  return [...waits, ...[...busy, ...merged].map(known), ...stopped];
}

function placeWaiting(
  one: WaitingIssue,
  summary: IssueSummary | undefined,
  known: (summary: IssueSummary) => Card,
): Card {
  const { because, since, title } = one;
  if (!summary) return { ...describeUnknown(one, since), because };
  return { ...known(summary), title, stage: "waiting", because, since };
}

function describeUnknown(
  { project, issue, title }: Pick<OpenIssue, "project" | "issue" | "title">,
  since: string,
): Card {
  const nothing = { because: undefined, bot: undefined, attempts: 0, pull: undefined };
  return { project, issue, title, stage: "waiting", since, spending: NO_SESSIONS, ...nothing };
}
