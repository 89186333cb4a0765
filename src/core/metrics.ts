/** A bot's figures in Prometheus' text format 0.0.4. By hand: the usual client library costs an idle bot 12 MB for this. */
import type { BotStatus } from "./bot-status.ts";

/** What only the running process knows. */
export interface LiveStatus {
  readonly name: string;
  readonly version: string;
  readonly loops: Readonly<Record<string, { readonly idleMs: number; readonly isStuck: boolean }>>;
  /** How long the machine has been in its state. */
  readonly inStateMs: number;
  /** Refs of the leases that this process keeps alive. */
  readonly leases: readonly string[];
  /** Requests to the forge: `api`, `fetch`, `refs`, `push`. */
  readonly traffic: Readonly<Record<string, number>>;
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export function formatMetrics(status: BotStatus, live: LiveStatus, rssBytes: number): string {
  return listMetrics(status, live, rssBytes).map(formatMetric).join("");
}

function listMetrics(status: BotStatus, live: LiveStatus, rssBytes: number): readonly Metric[] {
  const { totals, standing, breakers, failures } = status;
  const loops = Object.entries(live.loops);
  const queue = Object.entries(status.queue);
  return [
    gauge("disinto_bot_info", "Always 1.", [
      { labels: { bot: live.name, version: live.version }, value: 1 },
    ]),
    gauge(
      "disinto_loop_idle_seconds",
      "Since the last progress of each loop.",
      loops.map(([role, { idleMs }]) => ({ labels: { role }, value: idleMs / 1000 })),
    ),
    gauge(
      "disinto_loop_stuck",
      "1 where a loop has made no progress for longer than it may.",
      loops.map(([role, { isStuck }]) => ({ labels: { role }, value: Number(isStuck) })),
    ),
    gauge("disinto_state", "1 for the state that the dev bot's machine is in.", [
      ...(standing ? [{ labels: { at: standing.at }, value: 1 }] : []),
    ]),
    gauge(
      "disinto_state_seconds",
      "How long the machine has been in its state.",
      standing ? [{ value: live.inStateMs / 1000 }] : [],
    ),
    gauge("disinto_leases_held", "Leases that this process keeps alive.", [
      { value: live.leases.length },
    ]),
    gauge("disinto_slots_held", "Slots of model servers held.", [{ value: status.slots.length }]),
    gauge(
      "disinto_issues_waiting",
      "Issues of the backlog that nobody takes; /status says why.",
      queue.map(([project, waiting]) => ({ labels: { project }, value: waiting.length })),
    ),
    gauge(
      "disinto_breaker_open",
      "1 for each open circuit breaker.",
      Object.keys(breakers).map((breaker) => ({ labels: { breaker }, value: 1 })),
    ),
    gauge("disinto_resident_memory_bytes", "Of the runner's process.", [{ value: rssBytes }]),
    counter(
      "disinto_forge_requests_total",
      "Requests to the forge by kind.",
      Object.entries(live.traffic).map(([kind, value]) => ({ labels: { kind }, value })),
    ),
    counter(
      "disinto_failures_total",
      "Failures of the outside by code.",
      Object.entries(failures).map(([code, { count }]) => ({ labels: { code }, value: count })),
    ),
    ...listTotals(totals),
  ];
}

function listTotals(totals: BotStatus["totals"]): readonly Metric[] {
  const plain = [
    ["disinto_claims_total", "Issues claimed.", totals.claims],
    ["disinto_merges_total", "Pull requests merged and read back.", totals.merges],
    ["disinto_reviews_total", "Pull requests looked at by the review bot.", totals.reviews],
    ["disinto_takeovers_total", "Leases taken over from other bots.", totals.takeovers],
    ["disinto_leases_lost_total", "Leases lost while their work was under way.", totals.leasesLost],
    ["disinto_model_seconds_total", "Seconds that sessions took.", totals.modelSeconds],
    ["disinto_model_turns_total", "Turns of the model.", totals.turns],
    ["disinto_model_tool_calls_total", "Tool calls of the model.", totals.toolCalls],
    ["disinto_model_money_total", "US dollars, as far as harnesses tell.", totals.money],
  ] as const;
  const tokens = [
    { labels: { direction: "in" }, value: totals.inputTokens },
    { labels: { direction: "out" }, value: totals.outputTokens },
  ];
  const byLabel = (label: string, counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }));
  return [
    ...plain.map(([name, help, value]) => counter(name, help, [{ value }])),
    counter("disinto_model_tokens_total", "Tokens of the model.", tokens),
    counter(
      "disinto_sessions_total",
      "Sessions of the harness by how they ended.",
      byLabel("end", totals.sessions),
    ),
    counter(
      "disinto_budget_charges_total",
      "Setbacks charged to issues, by cause.",
      byLabel("cause", totals.charges),
    ),
    counter(
      "disinto_merge_refusals_total",
      "Merges that the forge refused, by class.",
      byLabel("kind", totals.refusals),
    ),
  ];
}

export function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "gauge", help, samples };
}

export function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "counter", help, samples };
}

/** A metric without samples is left out: an empty family says nothing. */
export function formatMetric({ name, type, help, samples }: Metric): string {
  if (samples.length === 0) return "";
  const lines = samples.map(({ labels = {}, value }) => `${name}${formatLabels(labels)} ${value}`);
  return `${[`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join("\n")}\n`;
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
