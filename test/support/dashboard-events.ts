/** Events of a believable week of a small factory, the same for the same time; and what its forge shows. */
import type { StampedEvent } from "../../src/core/bot-status.ts";
import type { ForgeFacts } from "../../src/core/snapshot/snapshot.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const bots = ["ada", "bert", "cleo", "dan"] as const;
const titles = [
  "Round a cart's total once",
  "Show the delivery date before paying",
  "Search finds words with umlauts",
  "Mail of an order names its articles",
  "Old sessions end after a month",
  "The list of orders loads in pages",
  "A coupon counts once for each person",
  "Prices in the currency of the visitor",
  "Export of orders as CSV",
  "A return can be asked for online",
];

type Line = StampedEvent & Readonly<Record<string, unknown>>;

export function listEvents(nowMs: number): readonly Line[] {
  const lines: Line[] = [];
  const tell = (by: string, atMs: number, event: Record<string, unknown>) =>
    lines.push({ time: new Date(atMs).toISOString(), by, ...event } as unknown as Line);
  for (const [at, bot] of bots.entries()) {
    const model = at === 3 ? "claude-sonnet-4-5" : "qwen3-coder-30b";
    const backend = at === 3 ? "api.anthropic.com" : "gpu.lan:8081";
    const made = { roles: ["dev"], harness: at === 3 ? "claude-code" : "opencode", model, backend };
    tell(bot, nowMs - 9 * DAY_MS, {
      type: "bot.started",
      projects: ["shop", "site"],
      ...made,
      version: "0.1.0",
    });
  }
  tell("reviewer", nowMs - 9 * DAY_MS, {
    type: "bot.started",
    roles: ["review"],
    projects: ["shop", "site"],
    harness: "opencode",
    model: "qwen3-coder-30b",
    version: "0.1.0",
  });
  for (let number = 380; number < 410; number++) tellMerged(tell, number, nowMs);
  tellCurrent(tell, nowMs);
  return lines.sort((a, b) => (a.time < b.time ? -1 : 1));
}

type Tell = (by: string, atMs: number, event: Record<string, unknown>) => void;

function tellMerged(tell: Tell, number: number, nowMs: number): void {
  const bot = bots[number % 4] ?? "ada";
  const project = number % 3 === 0 ? "site" : "shop";
  const about = { project, issue: number };
  const pull = number + 1000;
  const length = 14 + ((number * 7) % 23);
  const atMs = nowMs - (410 - number) * 0.27 * DAY_MS - length * 2.4 * MINUTE_MS;
  const at = (part: number) => atMs + part * length * MINUTE_MS;
  const usage = {
    turns: length,
    toolCalls: length * 3,
    inputTokens: length * 41_000,
    outputTokens: length * 1_900,
  };
  tell(bot, at(0), { type: "issue.claimed", ...about, title: titles[number % 10] });
  tell(bot, at(0), { type: "state.entered", ...about, at: "coding" });
  tell(bot, at(0), {
    type: "slot.taken",
    backend: "gpu.lan:8081",
    slot: number % 2,
    waitedMs: 2_000,
  });
  tell(bot, at(0.1), { type: "session.started", ...about, role: "dev" });
  const money = bot === "dan" ? length * 0.031 : 0;
  tell(bot, at(1), {
    type: "session.ended",
    ...about,
    role: "dev",
    end: "finished",
    seconds: length * 54,
    ...usage,
    money,
  });
  tell(bot, at(1), { type: "slot.released", backend: "gpu.lan:8081", slot: number % 2 });
  tell(bot, at(1), { type: "state.entered", ...about, at: "checking", pull });
  if (number % 4 === 1)
    tell(bot, at(1.2), { type: "budget.charged", ...about, cause: "ciFixes", spent: 1 });
  if (number % 5 === 2)
    tell(bot, at(1.3), { type: "budget.charged", ...about, cause: "reviewRounds", spent: 1 });
  tell(bot, at(1.5), { type: "state.entered", ...about, at: "reviewing", pull });
  tell("reviewer", at(1.9), {
    type: "pull.reviewed",
    project,
    pull,
    sha: `${number}abcdef0123`,
    verdict: "approve",
  });
  tell(bot, at(2), { type: "state.entered", ...about, at: "merging", pull });
  tell(bot, at(2.4), { type: "pull.merged", ...about, pull, sha: `${number}abcdef0123` });
  tell(bot, at(2.4), { type: "issue.released", ...about });
}

function tellCurrent(tell: Tell, nowMs: number): void {
  const ago = (minutes: number) => nowMs - minutes * MINUTE_MS;
  const shop = (issue: number) => ({ project: "shop", issue });
  const begin = (bot: string, issue: number, minutes: number) => {
    tell(bot, ago(minutes), { type: "issue.claimed", ...shop(issue), title: titles[issue % 10] });
    tell(bot, ago(minutes), { type: "state.entered", ...shop(issue), at: "coding" });
    tell(bot, ago(minutes - 0.5), { type: "session.started", ...shop(issue), role: "dev" });
  };
  begin("ada", 412, 11);
  tell("ada", ago(10), { type: "slot.taken", backend: "gpu.lan:8081", slot: 0, waitedMs: 400 });
  begin("bert", 413, 34);
  tell("bert", ago(12), {
    type: "session.ended",
    ...shop(413),
    role: "dev",
    end: "finished",
    seconds: 1290,
    turns: 31,
    toolCalls: 80,
    inputTokens: 910_000,
    outputTokens: 41_000,
    money: 0,
  });
  tell("bert", ago(12), { type: "state.entered", ...shop(413), at: "checking", pull: 1413 });
  begin("cleo", 414, 52);
  tell("cleo", ago(26), { type: "state.entered", ...shop(414), at: "reviewing", pull: 1414 });
  begin("dan", 415, 65);
  tell("dan", ago(41), { type: "state.entered", ...shop(415), at: "checking", pull: 1415 });
  tell("dan", ago(9), { type: "state.entered", ...shop(415), at: "merging", pull: 1415 });
  for (const [issue, cause, reason] of blockedIssues) {
    tell("dan", ago(300 - issue / 10), {
      type: "issue.claimed",
      ...shop(issue),
      title: titles[issue % 10],
    });
    tell("dan", ago(290 - issue / 10), {
      type: "state.entered",
      ...shop(issue),
      at: "blocked",
      cause,
      reason,
    });
  }
  tell("cleo", ago(50), {
    type: "queue.seen",
    project: "shop",
    waiting: [
      {
        issue: 420,
        because:
          "visitor7 may not write code here, and no trusted person has approved its text as it stands (disinto approve)",
      },
      { issue: 421, because: "it depends on #414" },
    ],
  });
  tell("reviewer", ago(3), {
    type: "session.started",
    project: "shop",
    pull: 1414,
    role: "review",
  });
}

const blockedIssues = [
  [
    398,
    "hand-over",
    "the change is approved and touches protected paths, which no bot merges: .woodpecker/test.yml",
  ],
  [
    401,
    "attempts",
    "the budget for attempts is exhausted: the tests of checkout.test.ts stay red after 3 fixes",
  ],
] as const;

export function describeForge(nowMs: number): ForgeFacts {
  const createdAt = new Date(nowMs - 5 * 3_600_000).toISOString();
  const open = (issue: number, label: string) => {
    return { project: "shop", issue, title: titles[issue % 10] ?? "", labels: [label], createdAt };
  };
  const pull = (number: number, state: "pending" | "success" | "failure") => ({
    project: "shop",
    pull: number,
    headSha: `${number}abc`,
    checks: [{ context: "ci/woodpecker/pr/test", state }],
    reviews:
      state === "success"
        ? [{ author: "reviewer", verdict: "approved" as const, stale: false }]
        : [],
  });
  return {
    issues: [
      ...[398, 401].map((issue) => open(issue, "blocked")),
      ...[412, 413, 414, 415, 420, 421, 422, 423].map((issue) => open(issue, "backlog")),
    ],
    pulls: [pull(1413, "pending"), pull(1414, "success"), pull(1415, "success")],
    problems: [],
  };
}
