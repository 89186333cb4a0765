/**
 * Everything that was ever told, folded event by event into what a snapshot needs, so that a page costs nothing that grows
 * with the past. The same events in the same order give the same history. Pure.
 */
import { applyEvent, type BotStatus, type StampedEvent, unknownStatus } from "../bot-status.ts";
import { buildIssueHistory, type IssueHistory, type IssueKey } from "../issue-history.ts";
import { DailyTotals } from "./daily-totals.ts";
import { addIssueEvent, type IssueSummary, newIssueSummary } from "./issue-summary.ts";

/** What a bot said of itself when it began. */
export type Start = Extract<StampedEvent, { type: "bot.started" }>;

export class FactoryHistory {
  /** By who tells, as it stands in their events unless said otherwise. */
  readonly statuses = new Map<string, BotStatus>();
  readonly starts = new Map<string, Start>();
  readonly summaries = new Map<string, IssueSummary>();
  readonly tally = new DailyTotals();
  readonly #notable = new Map<string, StampedEvent>();
  readonly #byIssue = new Map<string, StampedEvent[]>();
  readonly #byPull = new Map<string, StampedEvent[]>();
  readonly #bySha = new Map<string, StampedEvent[]>();
  #count = 0;

  /** How many events there were. */
  get count(): number {
    return this.#count;
  }

  add(event: StampedEvent, teller = event.by): void {
    this.#count++;
    this.statuses.set(teller, applyEvent(this.statuses.get(teller) ?? unknownStatus, event));
    if (event.type === "bot.started") this.starts.set(teller, event);
    this.#note(event, teller);
    this.#index(event);
    if (isAboutIssue(event)) {
      const key = keyOf(event);
      this.summaries.set(
        key,
        addIssueEvent(this.summaries.get(key) ?? newIssueSummary(event), event),
      );
    }
    this.tally.add(event);
  }

  /** Those events that are still a person's concern, at most one for each concern. */
  get notable(): readonly StampedEvent[] {
    return [...this.#notable.values()];
  }

  historyOf(name: IssueKey): IssueHistory {
    const own = this.#byIssue.get(keyOf(name)) ?? [];
    const pulls = new Set(own.flatMap((event) => ("pull" in event && event.pull) || []));
    const related = [...pulls].flatMap((pull) => this.#byPull.get(`${name.project}!${pull}`) ?? []);
    const shas = new Set([...own, ...related].flatMap((one) => ("sha" in one ? one.sha : [])));
    const checks = [...shas].flatMap((sha) => this.#bySha.get(sha) ?? []);
    return buildIssueHistory([...new Set([...own, ...related, ...checks])], name);
  }

  #index(event: StampedEvent): void {
    if (isAboutIssue(event)) push(this.#byIssue, keyOf(event), event);
    else if ("pull" in event && event.pull !== undefined)
      push(this.#byPull, `${event.project}!${event.pull}`, event);
    if (event.type.startsWith("ci.") && "sha" in event) push(this.#bySha, event.sha, event);
  }

  #note(event: StampedEvent, teller: string): void {
    switch (event.type) {
      case "state.entered": {
        const key = keyOf(event);
        this.#notable.delete(`silent ${key}`);
        if (event.at === "blocked") this.#notable.set(`blocked ${key}`, event);
        break;
      }
      case "issue.released":
        this.#notable.delete(`silent ${keyOf(event)}`);
        break;
      case "ci.silent":
        this.#notable.set(`silent ${keyOf(event)}`, event);
        break;
      case "pull.reviewed":
        this.#notable.set(`review ${event.project}!${event.pull} ${event.sha}`, event);
        break;
      case "pull.merged":
        this.#forgetReviews(`review ${event.project}!${event.pull} `);
        break;
      case "egress.refused":
        this.#notable.set(`refused ${teller} ${event.project} ${event.host}`, event);
        break;
      default:
    }
  }

  #forgetReviews(prefix: string): void {
    for (const key of this.#notable.keys()) if (key.startsWith(prefix)) this.#notable.delete(key);
  }
}

export function keyOf({ project, issue }: IssueKey): string {
  return `${project}#${issue}`;
}

function isAboutIssue(
  event: StampedEvent,
): event is StampedEvent & { readonly project: string; readonly issue: number } {
  return "issue" in event && event.issue !== undefined && "project" in event;
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
