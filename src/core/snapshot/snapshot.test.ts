import { expect, test } from "vitest";
import type { StampedEvent } from "../bot-status.ts";
import { formatFactoryMetrics } from "./factory-metrics.ts";
import { deriveFigures } from "./figures.ts";
import { FactoryHistory } from "./history.ts";
import { toMs } from "./issue-summary.ts";
import { type Connection, deriveSnapshot, NO_FORGE, type SnapshotFacts } from "./snapshot.ts";

const labels = { backlog: "backlog", blocked: "blocked" };

function at(minute: number): string {
  return `2026-01-01T12:${String(minute).padStart(2, "0")}:00.000Z`;
}

function tell(minute: number, event: Record<string, unknown>, by = "ada"): StampedEvent {
  return { time: at(minute), by, ...event } as unknown as StampedEvent;
}

const issue = { project: "shop", issue: 7 };
const started = { type: "bot.started", roles: ["dev"], projects: ["shop"], model: "qwen" };
const usage = { turns: 3, toolCalls: 4, inputTokens: 900, outputTokens: 100, money: 0.5 };

const merged: readonly StampedEvent[] = [
  tell(0, started),
  tell(1, { type: "issue.claimed", ...issue, title: "Sell tea" }),
  tell(1, { type: "state.entered", ...issue, at: "coding" }),
  tell(5, {
    type: "session.ended",
    ...issue,
    role: "dev",
    end: "finished",
    seconds: 240,
    ...usage,
  }),
  tell(6, { type: "state.entered", ...issue, at: "checking", pull: 8 }),
  tell(
    8,
    { type: "ci.finished", project: "shop", sha: "abc", context: "ci/test", state: "success" },
    "ci",
  ),
  tell(9, { type: "state.entered", ...issue, at: "reviewing", pull: 8 }),
  tell(
    10,
    { type: "pull.reviewed", project: "shop", pull: 8, sha: "abc", verdict: "approve" },
    "bob",
  ),
  tell(11, { type: "state.entered", ...issue, at: "merging", pull: 8 }),
  tell(12, { type: "pull.merged", ...issue, pull: 8, sha: "abc" }),
  tell(12, { type: "state.entered", ...issue, at: "closing", pull: 8 }),
  tell(13, { type: "issue.released", ...issue }),
];

function remember(events: readonly StampedEvent[]): FactoryHistory {
  const history = new FactoryHistory();
  for (const event of events) history.add(event);
  return history;
}

function look(history: FactoryHistory, more: Partial<SnapshotFacts> = {}) {
  const facts = { now: at(20), history, forge: NO_FORGE, services: [], projects: [], ...more };
  return deriveSnapshot(facts, labels);
}

test("an issue's way through the stages is kept with the time that each took, and what its sessions took", () => {
  const history = remember(merged);

  expect(history.summaries.get("shop#7")).toMatchObject({
    stage: "merged",
    mergedAt: at(12),
    pull: 8,
    spentIn: { coding: 300_000, checking: 180_000, reviewing: 120_000, merging: 60_000 },
    spending: { sessions: 1, seconds: 240, inputTokens: 900, outputTokens: 100, money: 0.5 },
  });
  expect(look(history).board).toMatchObject([{ ...issue, title: "Sell tea", stage: "merged" }]);
});

test("an issue's history has what the CI and the reviewer told of its pull request and its commits", () => {
  const { events } = remember(merged).historyOf(issue);

  expect(events.map(({ by, type }) => `${by} ${type}`)).toContain("ci ci.finished");
  expect(events.map(({ by, type }) => `${by} ${type}`)).toContain("bob pull.reviewed");
  expect(events).toHaveLength(11);
});

test("the tables of the charts sum up what was merged, and what it took by bot and by model", () => {
  const figures = deriveFigures(remember(merged), at(20));

  expect(figures.mergedPerDay.rows).toEqual([{ name: "2026-01-01", values: [1] }]);
  expect(figures.spending("model", "money")).toEqual({
    columns: ["qwen"],
    rows: [{ name: "2026-01-01", values: [0.5] }],
  });
  expect(figures.leadTime.rows[0]?.values.map((hours) => hours * 60)).toEqual([5, 3, 2, 1]);
});

test("a bot that is not heard any more is a problem since then, and one that said farewell is none", () => {
  const gone = new Map<string, Connection>([["ada", { isOpen: false, since: at(15) }]]);
  const lost = look(remember(merged), { connections: gone });
  const stopped = remember([...merged, tell(14, { type: "bot.stopped" })]);

  expect(lost.problems).toMatchObject([
    { kind: "service", since: at(15), command: "disinto logs ada" },
  ]);
  expect(lost.bots).toMatchObject([{ name: "ada", state: "lost", model: "qwen", merges: 1 }]);
  expect(look(stopped, { connections: gone }).problems).toEqual([]);
});

test("what a bot hands over waits for a person with the command; what it failed at is a problem alone", () => {
  const blocked = (number: number, cause: string) =>
    tell(number, {
      type: "state.entered",
      project: "shop",
      issue: number,
      at: "blocked",
      cause,
      reason: cause,
    });
  const open = (number: number) => {
    return { project: "shop", issue: number, title: "T", labels: ["blocked"], createdAt: at(0) };
  };
  const forge = { ...NO_FORGE, issues: [open(1), open(2), open(3)] };
  const history = remember([
    blocked(1, "hand-over"),
    blocked(2, "too-large"),
    blocked(3, "attempts"),
  ]);
  const { problems, forYou } = look(history, { forge });

  expect(problems.map(({ asks }) => asks)).toEqual(["merge", "answer", undefined]);
  expect(forYou.map(({ command }) => command)).toEqual([
    "disinto retry 1 --project shop",
    "disinto retry 2 --project shop",
  ]);
});

test("an issue of somebody who may not write code waits for a person to read it", () => {
  const because =
    "eve may not write code here, and no trusted person has approved its text as it stands (disinto approve)";
  const seen = tell(1, { type: "queue.seen", project: "shop", waiting: [{ issue: 7, because }] });
  const open = { ...issue, title: "T", labels: ["backlog"], createdAt: at(0) };
  const { forYou, board } = look(remember([seen]), { forge: { ...NO_FORGE, issues: [open] } });

  expect(forYou).toMatchObject([{ asks: "answer", command: "disinto approve 7 --project shop" }]);
  expect(board).toMatchObject([{ ...issue, stage: "waiting", because, since: at(1) }]);
});

test("the factory's figures are told in Prometheus' words", () => {
  const text = formatFactoryMetrics(look(remember(merged)));

  expect(text).toContain('disinto_factory_issues{stage="merged"} 1\n');
  expect(text).toContain('disinto_factory_bots{state="idle"} 1\n');
  expect(text).toContain('disinto_factory_model_tokens_total{bot="ada"} 1000\n');
});

test.each([
  ["1970-01-01T00:00:00.000Z", 0],
  ["2000-02-29T23:59:59.999Z", 951_868_799_999],
  ["2026-12-31T12:00:00.000Z", 1_798_718_400_000],
])("%s is %i milliseconds after 1970", (time, ms) => {
  expect(toMs(time)).toBe(ms);
});
