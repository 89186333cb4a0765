/** One issue's whole history, oldest first; what is long can be opened. */
import type { FC } from "hono/jsx";
import type { StampedEvent } from "../../core/bot-status.ts";
import { formatEvent } from "../../core/issue-history.ts";
import type { Card } from "../../core/snapshot/board.ts";
import type { IssueSummary } from "../../core/snapshot/issue-summary.ts";
import { Act, type Page, RelativeTime } from "./parts.tsx";
import { formatDuration, formatMoney, formatTokens } from "./text.ts";

interface IssueFacts {
  readonly project: string;
  readonly issue: number;
  readonly card: Card | undefined;
  readonly summary: IssueSummary | undefined;
  readonly events: readonly StampedEvent[];
  /** Transcripts of sessions, as `bot/name`. */
  readonly sessions: readonly string[];
  /** Where it is on the forge. */
  readonly forgeUrl: string | undefined;
  readonly page: Page;
}

export const IssuePage: FC<IssueFacts> = (facts) => {
  const { project, issue, card, summary, page, forgeUrl } = facts;
  const about = { project, issue: String(issue) };
  return (
    <>
      <div class="title">
        <h1>
          <span class="number">
            {project} #{issue}
          </span>{" "}
          {card?.title || summary?.title || ""}
        </h1>
        <div class="row">
          {forgeUrl && (
            <a class="button" href={forgeUrl}>
              On the forge
            </a>
          )}
          <Act act="retry" page={page} about={about}>
            Retry
          </Act>
          <Act act="release" page={page} about={about}>
            Release
          </Act>
          <Act act="block" page={page} about={about}>
            Block
          </Act>
        </div>
      </div>
      <section class="panel" id="facts" aria-label="Summary">
        <Summary card={card} summary={summary} page={page} />
      </section>
      <section class="panel" id="history" aria-labelledby="history-title">
        <h2 id="history-title">What happened</h2>
        <Timeline {...facts} />
      </section>
    </>
  );
};

const Summary: FC<Pick<IssueFacts, "card" | "summary" | "page">> = ({ card, summary, page }) => (
  <dl class="facts">
    {[
      ["stage", card?.stage ?? summary?.stage ?? "unknown"],
      ["since", <RelativeTime at={card?.since ?? summary?.since} now={page.now} />],
      ...(card?.because ? [["why", card.because]] : []),
      ...(summary ? listSummaryFacts(summary) : []),
    ].map(([name, value]) => (
      <div>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

function listSummaryFacts({ bot, pull, charges, spentIn, spending }: IssueSummary) {
  const setbacks = Object.entries(charges).map(([cause, n]) => `${cause} ${n}`);
  const stages = Object.entries(spentIn).map(
    ([name, ms]) => `${name} ${formatDuration(ms / 1000)}`,
  );
  return [
    ["bot", bot],
    ["pull request", pull === undefined ? "–" : `#${pull}`],
    ["setbacks", setbacks.join(", ") || "none"],
    ["took", stages.join(", ") || "–"],
    ["sessions", `${spending.sessions}, ${formatDuration(spending.seconds)}`],
    ["tokens", formatTokens(spending.inputTokens + spending.outputTokens)],
    ["cost", formatMoney(spending.money)],
  ];
}

const Timeline: FC<IssueFacts> = ({ events, sessions, page }) =>
  events.length === 0 ? (
    <p class="empty">No bot has told of it yet.</p>
  ) : (
    <ol class="timeline">
      {events.map((event, at) => (
        <li id={`event-${at}`} class={toneOf(event)}>
          <span class="when">
            <RelativeTime at={event.time} now={page.now} />
          </span>
          <span class="who">{event.by}</span>
          <EventText event={event} session={findSession(event, sessions)} />
        </li>
      ))}
    </ol>
  );

const EventText: FC<{ event: StampedEvent; session: string | undefined }> = ({
  event,
  session,
}) => {
  const [head, long] = describe(event);
  return (
    <div class="told">
      {long ? (
        <details id={`more-${event.time}-${event.type}`}>
          <summary>{head}</summary>
          <pre tabindex={0}>{long}</pre>
        </details>
      ) : (
        head
      )}{" "}
      {session && <a href={`/sessions/${session}`}>transcript</a>}
    </div>
  );
};

function toneOf({ type, ...event }: StampedEvent): string {
  if (type === "pull.merged") return "good";
  if (type === "budget.charged" || type === "merge.refused" || type.startsWith("lease."))
    return "bad";
  if ("at" in event && event.at === "blocked") return "bad";
  return "";
}

/** What it means in words, and what is too long to stand beside them. */
function describe(event: StampedEvent): readonly [head: string, long: string | undefined] {
  switch (event.type) {
    case "issue.claimed":
      return ["took the issue", undefined];
    case "issue.released":
      return ["let it go", undefined];
    case "state.entered":
      return describeState(event);
    case "session.started":
      return [`${event.role} session began`, undefined];
    case "session.ended":
      return [describeSessionEnd(event), undefined];
    case "budget.charged":
      return [`set back by ${event.cause}, ${event.spent} so far`, undefined];
    case "ci.finished":
      return [`${event.context} ${event.state} on ${event.sha.slice(0, 10)}`, undefined];
    case "pull.reviewed": {
      const [first = ""] = event.verdict.split("\n");
      return [`review: ${first}`, event.verdict === first ? undefined : event.verdict];
    }
    case "pull.merged":
      return [`merged as ${event.sha.slice(0, 10)}`, undefined];
    default:
      return [formatEvent(event).split("  ").slice(2).join(" "), undefined];
  }
}

type EventOf<Type> = Extract<StampedEvent, { type: Type }>;

function describeState({ at, reason = "" }: EventOf<"state.entered">) {
  const [first = "", ...rest] = reason.split("\n");
  const head = `${at}${first ? `: ${first.slice(0, 300)}` : ""}`;
  return [head, rest.length > 0 || first.length > 300 ? reason : undefined] as const;
}

function describeSessionEnd(event: EventOf<"session.ended">): string {
  const { end, fault, seconds, turns, inputTokens, outputTokens, money } = event;
  const cost = money > 0 ? `, ${formatMoney(money)}` : "";
  const tokens = formatTokens(inputTokens + outputTokens);
  const how = fault ? `${end} (${fault})` : end;
  return `session ${how}: ${formatDuration(seconds)}, ${turns} turns, ${tokens} tokens${cost}`;
}

/** The transcript that was begun last before the session ended, by the same bot. */
function findSession(event: StampedEvent, sessions: readonly string[]): string | undefined {
  if (event.type !== "session.started") return undefined;
  const begun = event.time.replace(/[-:.]/g, "");
  const own = sessions.filter((one) => one.startsWith(`${event.by}/`)).sort();
  return own.find((one) => (one.split("/")[1] ?? "") >= begun);
}
