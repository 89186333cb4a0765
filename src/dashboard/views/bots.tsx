/** Each bot on a line. */
import type { FC } from "hono/jsx";
import type { Card } from "../../core/snapshot/board.ts";
import type { BotLine } from "../../core/snapshot/bots.ts";
import { Act, IssueLink, type Page, RelativeTime } from "./parts.tsx";
import { formatDuration, formatMoney, formatTokens } from "./text.ts";

interface BotTableFacts {
  readonly bots: readonly BotLine[];
  readonly board: readonly Card[];
  readonly page: Page;
  /** Without what it is made of and what it took. */
  readonly brief?: boolean;
}

export const BotTable: FC<BotTableFacts> = ({ bots, board, page, brief = false }) => (
  <table class="lines">
    <thead>
      <tr>
        <th scope="col">Bot</th>
        <th scope="col">State</th>
        <th scope="col">Work</th>
        <th scope="col">Since</th>
        {!brief && <BotHeads />}
      </tr>
    </thead>
    <tbody>
      {bots.map((bot) => (
        <tr id={`bot-${bot.name}`}>
          <th scope="row">
            <a href={`/bots/${bot.name}`}>{bot.name}</a>
          </th>
          <td>
            <State state={bot.state} />
          </td>
          <td class="grow">
            <Work bot={bot} board={board} />
          </td>
          <td class="nowrap">
            <RelativeTime at={bot.since} now={page.now} />
          </td>
          {!brief && <BotCells bot={bot} page={page} />}
        </tr>
      ))}
    </tbody>
  </table>
);

const BotHeads: FC = () => (
  <>
    <th scope="col">Heard</th>
    <th scope="col">Harness, model</th>
    <th scope="col">Slot</th>
    <th scope="col" class="right">
      Merged
    </th>
    <th scope="col" class="right">
      Model
    </th>
    <th scope="col" class="right">
      Tokens
    </th>
    <th scope="col" class="right">
      Cost
    </th>
  </>
);

const BotCells: FC<{ bot: BotLine; page: Page }> = ({ bot, page }) => (
  <>
    <td class="nowrap" data-name="heard">
      <RelativeTime at={bot.lastEventAt} now={page.now} />
    </td>
    <td data-name="with">
      {bot.harness ?? "–"}
      {bot.model && <span class="muted"> {bot.model}</span>}
    </td>
    <td data-name="slot">{bot.slots.map((slot) => slot.split("#").at(-1)).join(", ") || "–"}</td>
    <td class="right" data-name="merged">
      {bot.merges}
    </td>
    <td class="right" data-name="model">
      {formatDuration(bot.spending.seconds)}
    </td>
    <td class="right" data-name="tokens">
      {formatTokens(bot.spending.inputTokens + bot.spending.outputTokens)}
    </td>
    <td class="right" data-name="cost">
      {formatMoney(bot.spending.money)}
    </td>
  </>
);

const State: FC<{ state: string }> = ({ state }) => <span class={`dot ${state}`}>{state}</span>;

const Work: FC<{ bot: BotLine; board: readonly Card[] }> = ({ bot, board }) => {
  const { project, issue, work } = bot;
  if (project === undefined || issue === undefined) return <span class="muted">{work || "–"}</span>;
  const card = board.find((one) => one.project === project && one.issue === issue);
  return (
    <>
      <span class="muted">{card?.stage ?? ""}</span>{" "}
      <IssueLink project={project} issue={issue}>
        {card?.title ?? ""}
      </IssueLink>
    </>
  );
};

/** All of them, with what concerns the whole factory. */
export const Bots: FC<Omit<BotTableFacts, "brief">> = ({ bots, board, page }) => (
  <>
    <div class="title">
      <h1>Bots</h1>
      <div class="row">
        <Act act="pause" page={page} about={{}}>
          Pause all
        </Act>
        <Act act="resume" page={page} about={{}}>
          Resume all
        </Act>
      </div>
    </div>
    {bots.length === 0 ? (
      <p class="empty">No bot was heard yet.</p>
    ) : (
      <section class="panel" id="bots" aria-label="All bots">
        <BotTable bots={bots} board={board} page={page} />
      </section>
    )}
  </>
);

interface BotFacts {
  readonly bot: BotLine;
  readonly board: readonly Card[];
  readonly sessions: readonly string[];
  readonly page: Page;
}

export const Bot: FC<BotFacts> = ({ bot, board, sessions, page }) => (
  <>
    <div class="title">
      <h1>{bot.name}</h1>
      <div class="row">
        <Act act="pause" page={page} about={{ bot: bot.name }}>
          Pause
        </Act>
        <Act act="resume" page={page} about={{ bot: bot.name }}>
          Resume
        </Act>
      </div>
    </div>
    <section class="panel" id="bot" aria-label="State">
      <dl class="facts">
        {[
          ["state", <State state={bot.state} />],
          ["work", <Work bot={bot} board={board} />],
          ["since", <RelativeTime at={bot.since} now={page.now} />],
          ["last heard", <RelativeTime at={bot.lastEventAt} now={page.now} />],
          ["roles", bot.roles.join(", ")],
          ["harness", bot.harness ?? "–"],
          ["model", bot.model ?? "–"],
          ["model server", bot.backend ?? "–"],
          ["slots held", bot.slots.join(", ") || "none"],
          ["version", bot.version ?? "–"],
          ["merged", String(bot.merges)],
          ["sessions", `${bot.spending.sessions}, ${formatDuration(bot.spending.seconds)}`],
          [
            "tokens",
            `${formatTokens(bot.spending.inputTokens)} in, ${formatTokens(bot.spending.outputTokens)} out`,
          ],
          ["cost", formatMoney(bot.spending.money)],
        ].map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
    <section class="panel" id="sessions" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Sessions</h2>
      {sessions.length === 0 ? (
        <p class="empty">No session's transcript is here yet.</p>
      ) : (
        <ul class="plain">
          {sessions.map((name) => (
            <li>
              <a href={`/sessions/${bot.name}/${name}`}>{describeSession(name)}</a>
            </li>
          ))}
        </ul>
      )}
    </section>
  </>
);

/** `20260131T120000000Z-issue-7` → `2026-01-31 12:00  issue-7` */
export function describeSession(name: string): string {
  const [, date = "", time = "", what = ""] = /^(\d{8})T(\d{4})\d*Z-(.*)$/.exec(name) ?? [];
  const day = date.replace(/(\d{4})(\d\d)(\d\d)/, "$1-$2-$3");
  return `${day} ${time.slice(0, 2)}:${time.slice(2)} · ${what}`;
}
