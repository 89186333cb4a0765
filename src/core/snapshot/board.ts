/** Issues by stage, with what is known of each. Pure. */
import type { WaitingIssue } from "../waiting.ts";
import { keyOf } from "./history.ts";
import type { ForgeFacts, OpenIssue, PullFacts } from "./snapshot.ts";
import { NO_SPENDING, type Spending, type Stage, type Story } from "./story.ts";

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
  readonly spending: Spending;
  readonly pull: PullFacts | { readonly pull: number } | undefined;
}

interface BoardFacts {
  readonly stories: ReadonlyMap<string, Story>;
  readonly waiting: readonly WaitingIssue[];
  readonly forge: ForgeFacts;
  readonly blocked: readonly OpenIssue[];
  readonly now: string;
}

/** What was merged longer ago stands in the charts alone. */
const MOST_MERGED = 30;

export function buildBoard({ stories, waiting, forge, blocked }: BoardFacts): readonly Card[] {
  const pulls = new Map(forge.pulls.map((one) => [`${one.project}!${one.pull}`, one]));
  const known = (story: Story): Card => {
    const { project, issue, title, stage, since, reason, bot, charges, spending, pull } = story;
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
  const waits = waiting.map((one) => placeWaiting(one, stories.get(keyOf(one)), known));
  const stopped = blocked.map((one): Card => {
    const story = stories.get(keyOf(one));
    const base = story ? known(story) : describeUnknown(one, one.createdAt);
    return { ...base, title: one.title, stage: "blocked" };
  });
  const placed = new Set([...waits, ...stopped].map(keyOf));
  const others = [...stories.values()].filter((story) => !placed.has(keyOf(story)));
  const busy = others.filter(({ stage }) => !["waiting", "blocked", "merged"].includes(stage));
  const merged = others
    .filter(({ stage }) => stage === "merged")
    .sort((a, b) => (a.since < b.since ? 1 : -1))
    .slice(0, MOST_MERGED);
  return [...waits, ...[...busy, ...merged].map(known), ...stopped];
}

function placeWaiting(
  one: WaitingIssue,
  story: Story | undefined,
  known: (story: Story) => Card,
): Card {
  const { because, since, title } = one;
  if (!story) return { ...describeUnknown(one, since), because };
  return { ...known(story), title, stage: "waiting", because, since };
}

function describeUnknown(
  { project, issue, title }: Pick<OpenIssue, "project" | "issue" | "title">,
  since: string,
): Card {
  const nothing = { because: undefined, bot: undefined, attempts: 0, pull: undefined };
  return { project, issue, title, stage: "waiting", since, spending: NO_SPENDING, ...nothing };
}
