/** The page that people leave open: what waits for them, what is broken, what goes on. */
import type { FC } from "hono/jsx";
import type { DailyTotals } from "../../core/snapshot/daily-totals.ts";
import { addTotals, NO_SESSIONS } from "../../core/snapshot/issue-summary.ts";
import type { Snapshot } from "../../core/snapshot/snapshot.ts";
import type { EngineFacts } from "../factory-view.ts";
import { BotTable } from "./bots.tsx";
import { IssueLink, type Page, ProblemList, RelativeTime, Section } from "./parts.tsx";
import { formatDuration, formatMoney, formatTokens } from "./text.ts";

interface OverviewFacts {
  readonly snapshot: Snapshot;
  readonly tally: DailyTotals;
  readonly engine: EngineFacts | undefined;
  readonly page: Page;
}

export const Overview: FC<OverviewFacts> = ({ snapshot, tally, engine, page }) => {
  const { forYou, problems, bots, board } = snapshot;
  const broken = problems.filter(({ asks }) => !asks);
  const busy = bots.filter(({ state }) => state === "working" || state === "waiting");
  const merged = board.filter(({ stage }) => stage === "merged").slice(0, 8);
  return (
    <>
      <h1 class="hidden">Overview</h1>
      <Figures snapshot={snapshot} tally={tally} page={page} />
      <div class="columns">
        <Section id="for-you" title="Waiting for you" count={forYou.length} tone="ask">
          <ProblemList problems={forYou} page={page} tone="ask" empty="Nothing waits for you." />
        </Section>
        <Section id="problems" title="Problems" count={broken.length} tone="alarm">
          <ProblemList problems={broken} page={page} tone="alarm" empty="No problem is known." />
          {engine && (
            <p class="foot">
              Containers, disk and images as <code>disinto</code> saw them{" "}
              <RelativeTime at={engine.at} now={page.now} /> ago.
            </p>
          )}
        </Section>
      </div>
      <div class="columns wide-left">
        <Section id="now" title="At work" count={busy.length}>
          {busy.length === 0 ? (
            <p class="empty">No bot is at work.</p>
          ) : (
            <BotTable bots={busy} board={board} page={page} brief />
          )}
        </Section>
        <Section id="merged" title="Merged last">
          {merged.length === 0 ? (
            <p class="empty">Nothing was merged yet.</p>
          ) : (
            <ul class="plain">
              {merged.map(({ project, issue, title, since }) => (
                <li>
                  <IssueLink project={project} issue={issue}>
                    {title}
                  </IssueLink>
                  <span class="muted right">
                    <RelativeTime at={since} now={page.now} />
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Section>
      </div>
    </>
  );
};

const Figures: FC<{ snapshot: Snapshot; tally: DailyTotals; page: Page }> = ({
  snapshot: { bots, board },
  tally,
  page,
}) => {
  const today = page.now.toISOString().slice(0, 10);
  const spent = tally.spent
    .filter(({ day }) => day === today)
    .reduce((sum, { spending }) => addTotals(sum, spending), NO_SESSIONS);
  const count = (...stages: readonly string[]) =>
    board.filter(({ stage }) => stages.includes(stage)).length;
  const present = bots.filter(({ state }) => state !== "stopped");
  const working = bots.filter(({ state }) => state === "working");
  const figures = [
    ["merged today", String(tally.merged.get(today) ?? 0)],
    ["in progress", String(count("coding", "checking", "reviewing", "merging"))],
    ["waiting", String(count("waiting"))],
    ["blocked", String(count("blocked"))],
    ["bots at work", `${working.length} / ${present.length}`],
    ["model today", formatDuration(spent.seconds)],
    ["tokens today", formatTokens(spent.inputTokens + spent.outputTokens)],
    ["money today", formatMoney(spent.money)],
  ] as const;
  return (
    <dl class="figures" id="figures">
      {figures.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
};
