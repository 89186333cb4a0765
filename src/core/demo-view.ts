/** What the demo shows while its bots work, and its result, as lines of text. Pure. */
import { applyEvent, type BotStatus, type StampedEvent, unknownStatus } from "./bot-status.ts";

export interface DemoIssueState {
  readonly number: number;
  readonly title: string;
  readonly isStrangers: boolean;
}

interface Row {
  readonly number: number;
  readonly title: string;
  readonly state: string;
  readonly by: string;
}

/** The newest events that the live view keeps. */
const NEWEST = 8;

/** Everything that events have told since the demo began. */
export class DemoProgress {
  readonly #issues: readonly DemoIssueState[];
  readonly #bots = new Map<string, BotStatus>();
  readonly #rows = new Map<number, { state: string; by: string }>();
  readonly #merged = new Map<number, MergedIssue>();
  readonly #released = new Set<number>();
  readonly #newest: string[] = [];
  readonly #rounds = new Map<string, number>();

  constructor(issues: readonly DemoIssueState[], bots: readonly string[]) {
    this.#issues = issues;
    for (const bot of bots) this.#bots.set(bot, unknownStatus);
  }

  /** Answers the event as a line; undefined for one that says nothing to who watches. */
  add(event: StampedEvent, seconds: number): string | undefined {
    const status = this.#bots.get(event.by);
    if (status) this.#bots.set(event.by, applyEvent(status, event));
    this.#note(event, seconds);
    const what = describe(event);
    if (what === undefined) return undefined;
    const line = `${seconds.toFixed(1).padStart(6)} s  ${event.by.padEnd(10)} ${what}`;
    this.#newest.push(line);
    if (this.#newest.length > NEWEST) this.#newest.shift();
    return line;
  }

  #note(event: StampedEvent, seconds: number): void {
    if (event.type === "issue.claimed")
      this.#rows.set(event.issue, { state: "claimed", by: event.by });
    if (event.type === "state.entered")
      this.#rows.set(event.issue, { state: event.at, by: event.by });
    if (event.type === "pull.merged") {
      const { issue, pull, by } = event;
      this.#merged.set(issue, { issue, pull, by, seconds });
    }
    if (event.type === "issue.released" && this.#merged.has(event.issue))
      this.#released.add(event.issue);
    if (event.type === "budget.charged")
      this.#rounds.set(event.cause, (this.#rounds.get(event.cause) ?? 0) + 1);
  }

  /** Issues whose work is over. */
  get released(): readonly number[] {
    return [...this.#released];
  }

  get merged(): readonly MergedIssue[] {
    return [...this.#merged.values()];
  }

  /** How often work came back, by cause. */
  get rounds(): ReadonlyMap<string, number> {
    return this.#rounds;
  }

  /** Why bots leave the issue alone, as the bot that looked last told. */
  whyWaiting(issue: number, project: string): string | undefined {
    const reports = [...this.#bots.values()].flatMap(
      ({ queue }) => queue[project]?.filter((one) => one.issue === issue) ?? [],
    );
    return reports.toSorted((a, b) => (a.since < b.since ? 1 : -1))[0]?.because;
  }

  /** The live view for a terminal of this height. */
  draw({ heading, rows: height }: { readonly heading: string; readonly rows: number }): string[] {
    const issues = this.#issues.map((issue) => this.#rowOf(issue));
    const lines = [
      heading,
      "",
      ...[...this.#bots].map(([name, status]) => `  ${name.padEnd(11)} ${describeBot(status)}`),
      "",
      ...issues.map(
        ({ number, title, state, by }) =>
          `  #${String(number).padEnd(3)} ${state.padEnd(10)} ${by.padEnd(10)} ${title}`,
      ),
      "",
    ];
    const room = Math.max(0, height - 1 - lines.length);
    return [...lines, ...(room > 0 ? this.#newest.slice(-room) : [])];
  }

  #rowOf({ number, title, isStrangers }: DemoIssueState): Row {
    if (this.#merged.has(number))
      return { number, title, state: "merged", by: this.#merged.get(number)?.by ?? "" };
    const row = this.#rows.get(number) ?? { state: "waiting", by: isStrangers ? "stranger" : "" };
    return { number, title, ...row };
  }
}

export interface MergedIssue {
  readonly issue: number;
  readonly pull: number;
  readonly by: string;
  readonly seconds: number;
}

function describeBot({ standing, sessions, lastEventAt }: BotStatus): string {
  if (standing?.issue !== undefined)
    return `${standing.at} #${standing.issue}${standing.pull === undefined ? "" : `, pull request #${standing.pull}`}`;
  const [session] = Object.values(sessions);
  if (session?.pull !== undefined) return `reads pull request #${session.pull}`;
  return lastEventAt === undefined ? "starts" : "looks for work";
}

function describe(event: StampedEvent): string | undefined {
  switch (event.type) {
    case "issue.claimed":
      return `takes #${event.issue}: ${event.title}`;
    case "state.entered":
      return `#${event.issue} is at ${event.at}${event.reason ? `: ${event.reason.split("\n")[0]}` : ""}`;
    case "pull.reviewed":
      return `${event.verdict === "approve" ? "approves" : "asks for changes to"} pull request #${event.pull}`;
    case "ci.finished":
      return `${event.context} of ${event.sha.slice(0, 7)}: ${event.state}`;
    case "pull.merged":
      return `merges pull request #${event.pull} for #${event.issue}`;
    case "merge.refused":
      return `may not merge pull request #${event.pull} yet: ${event.reason}`;
    case "failure":
      return `${event.code}: ${event.message}`;
    default:
      return undefined;
  }
}
