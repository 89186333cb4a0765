/** Issues by stage. */
import type { FC } from "hono/jsx";
import type { Card } from "../../core/snapshot/board.ts";
import { type Stage, stages } from "../../core/snapshot/issue-summary.ts";
import { IssueLink, type Page, RelativeTime } from "./parts.tsx";
import { formatMoney, formatTokens, plural } from "./text.ts";

const titles: Readonly<Record<Stage, string>> = {
  waiting: "Waiting",
  coding: "Coding",
  checking: "Checking",
  reviewing: "Reviewing",
  merging: "Merging",
  merged: "Merged",
  blocked: "Blocked",
};

/** More of one stage than anybody reads. */
const MOST_CARDS = 60;

export const Board: FC<{ board: readonly Card[]; page: Page }> = ({ board, page }) => (
  <>
    <div class="title">
      <h1>Board</h1>
      {page.canAct && (
        <a class="button" href="/new">
          File an issue
        </a>
      )}
    </div>
    <div class="board" id="board">
      {stages.map((stage) => {
        const cards = board.filter((card) => card.stage === stage);
        return (
          <section id={`stage-${stage}`} class={`stage ${stage}`} aria-label={titles[stage]}>
            <h2>
              {titles[stage]} <span class="count">{cards.length}</span>
            </h2>
            {cards.slice(0, MOST_CARDS).map((card) => (
              <CardView card={card} page={page} />
            ))}
            {cards.length > MOST_CARDS && <p class="muted">and {cards.length - MOST_CARDS} more</p>}
          </section>
        );
      })}
    </div>
  </>
);

const CardView: FC<{ card: Card; page: Page }> = ({ card, page }) => {
  const { project, issue, title, since, bot, attempts, because, spending } = card;
  const tokens = spending.inputTokens + spending.outputTokens;
  return (
    <article id={`card-${project}-${issue}`} class="card">
      <p class="what">
        <IssueLink project={project} issue={issue}>
          {title}
        </IssueLink>
      </p>
      <p class="muted small">
        {bot && card.stage !== "waiting" ? `${bot} · ` : ""}
        <RelativeTime at={since} now={page.now} />
        {attempts > 0 && ` · ${plural(attempts, "setback")}`}
        {tokens > 0 && ` · ${formatTokens(tokens)}`}
        {spending.money > 0 && ` · ${formatMoney(spending.money)}`}
      </p>
      {because && card.stage !== "merged" && <p class="because small">{because}</p>}
      <PullLine pull={card.pull} isMerged={card.stage === "merged"} />
    </article>
  );
};

const PullLine: FC<{ pull: Card["pull"]; isMerged: boolean }> = ({ pull, isMerged }) => {
  if (!pull || isMerged) return "";
  const { checks = [], reviews = [] } = "headSha" in pull ? pull : {};
  return (
    <p class="small pull">
      <span class="muted">PR #{pull.pull}</span>
      {checks.map(({ context, state }) => (
        <span class={`mark ${state}`} title={context}>
          {context.split("/").at(-1)} {state}
        </span>
      ))}
      {reviews
        .filter(({ stale }) => !stale)
        .map(({ author, verdict }) => (
          <span class={`mark ${verdict}`}>
            {author} {verdict.replace("-", " ")}
          </span>
        ))}
    </p>
  );
};
