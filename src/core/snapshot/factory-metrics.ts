/** The whole factory's figures in Prometheus' text format. Pure. */
import { counter, formatMetric, gauge } from "../metrics.ts";
import { stages } from "./issue-summary.ts";
import type { Snapshot } from "./snapshot.ts";

export function formatFactoryMetrics({ problems, forYou, board, bots }: Snapshot): string {
  const kinds = [...new Set(problems.map(({ kind }) => kind))].sort();
  const states = ["working", "waiting", "idle", "stopped", "lost"] as const;
  return [
    gauge("disinto_factory_waiting_for_people", "What goes on once a person has looked.", [
      { value: forYou.length },
    ]),
    gauge(
      "disinto_factory_problems",
      "Problems by kind, what waits for people among them.",
      kinds.map((kind) => ({
        labels: { kind },
        value: problems.filter((one) => one.kind === kind).length,
      })),
    ),
    gauge(
      "disinto_factory_issues",
      "Issues on the board by stage.",
      stages.map((stage) => ({
        labels: { stage },
        value: board.filter((card) => card.stage === stage).length,
      })),
    ),
    gauge(
      "disinto_factory_bots",
      "Bots by state.",
      states.map((state) => ({
        labels: { state },
        value: bots.filter((bot) => bot.state === state).length,
      })),
    ),
    ...listTotals(bots),
  ]
    .map(formatMetric)
    .join("");
}

function listTotals(bots: Snapshot["bots"]) {
  const byBot = (read: (bot: Snapshot["bots"][number]) => number) =>
    bots.map((bot) => ({ labels: { bot: bot.name }, value: read(bot) }));
  return [
    counter(
      "disinto_factory_merges_total",
      "Merged pull requests.",
      byBot((bot) => bot.merges),
    ),
    counter(
      "disinto_factory_model_seconds_total",
      "Seconds that sessions took.",
      byBot((bot) => bot.spending.seconds),
    ),
    counter(
      "disinto_factory_model_tokens_total",
      "Tokens in and out.",
      byBot((bot) => bot.spending.inputTokens + bot.spending.outputTokens),
    ),
    counter(
      "disinto_factory_model_money_total",
      "US dollars, as far as harnesses tell.",
      byBot((bot) => bot.spending.money),
    ),
  ];
}
