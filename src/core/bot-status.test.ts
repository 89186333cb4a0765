import { expect, test } from "vitest";
import { type StampedEvent, summarizeEvents } from "./bot-status.ts";
import { formatMetrics } from "./metrics.ts";

const work = { project: "shop", issue: 7 };
const used = { turns: 3, toolCalls: 5, inputTokens: 100, outputTokens: 20, money: 0.25 };

/** One a second, from 12:00:00 on. */
function stamp(...events: readonly Record<string, unknown>[]): readonly StampedEvent[] {
  return events.map((event, index) => {
    const time = `2026-01-01T12:00:${String(index).padStart(2, "0")}.000Z`;
    return { ...event, time, by: "ada" } as unknown as StampedEvent;
  });
}

const life = stamp(
  { type: "bot.started", roles: ["dev"], projects: ["shop"] },
  { type: "issue.claimed", ...work, title: "Add tea" },
  { type: "state.entered", ...work, at: "coding" },
  { type: "session.started", ...work, role: "dev" },
  { type: "session.ended", ...work, role: "dev", end: "finished", seconds: 12, ...used },
  { type: "slot.taken", backend: "b", slot: 0, waitedMs: 3 },
  { type: "state.entered", ...work, at: "merging", pull: 8 },
  { type: "merge.refused", ...work, pull: 8, kind: "conflict", reason: "…" },
  { type: "failure", code: "forge.unavailable", message: "away", retryInMs: 1 },
  { type: "pull.merged", ...work, pull: 8, sha: "abc" },
);

test("a bot's state and since when, and what it has used so far, are in its events", () => {
  const status = summarizeEvents(life);

  expect(status.standing).toEqual({
    at: "merging",
    since: "2026-01-01T12:00:06.000Z",
    project: "shop",
    issue: 7,
    pull: 8,
  });
  expect(status.totals).toMatchObject({
    claims: 1,
    merges: 1,
    modelSeconds: 12,
    inputTokens: 100,
    outputTokens: 20,
    money: 0.25,
    sessions: { finished: 1 },
    refusals: { conflict: 1 },
  });
  expect(status.failures["forge.unavailable"]).toMatchObject({ count: 1, message: "away" });
  expect(status.slots).toEqual(["b#0"]);
});

test("a killed bot's session and slots are not held by its next life", () => {
  const killed = stamp(
    { type: "bot.started", roles: ["dev"], projects: ["shop"] },
    { type: "slot.taken", backend: "b", slot: 0, waitedMs: 3 },
    { type: "session.started", ...work, role: "dev" },
    { type: "bot.started", roles: ["dev"], projects: ["shop"] },
  );

  expect(summarizeEvents(killed)).toMatchObject({ sessions: {}, slots: [] });
});

test("what waits is the newest word on its project, and a breaker is open until it is closed", () => {
  const waiting = [{ issue: 3, because: "it depends on #2" }];
  const events = stamp(
    { type: "breaker.opened", breaker: "primary:shop", reason: "main is red" },
    { type: "breaker.opened", breaker: "backend:b", reason: "away" },
    { type: "queue.seen", project: "shop", waiting: [] },
    { type: "queue.seen", project: "shop", waiting },
    { type: "breaker.closed", breaker: "backend:b" },
  );

  expect(summarizeEvents(events)).toMatchObject({ queue: { shop: waiting } });
  expect(Object.keys(summarizeEvents(events).breakers)).toEqual(["primary:shop"]);
});

test("the figures are text that Prometheus reads, with every label escaped", () => {
  const live = {
    name: 'a"b\\c\nd',
    version: "1.0.0",
    loops: { dev: { idleMs: 1500, isStuck: false } },
    inStateMs: 2500,
    leases: ["refs/disinto/claims/7"],
    traffic: { api: 12, push: 2 },
  };

  const text = formatMetrics(summarizeEvents(life), live, 1024);

  expect(text).toContain('disinto_bot_info{bot="a\\"b\\\\c\\nd",version="1.0.0"} 1\n');
  expect(text).toContain(
    '# TYPE disinto_forge_requests_total counter\ndisinto_forge_requests_total{kind="api"} 12\n',
  );
  expect(text).toContain('disinto_state{at="merging"} 1\n');
  expect(text).toContain("disinto_state_seconds 2.5\n");
  expect(text).toContain("disinto_leases_held 1\n");
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(
      /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="(\\.|[^"\\])*"(,\w+="(\\.|[^"\\])*")*\})? [\d.]+)$/,
    );
});
