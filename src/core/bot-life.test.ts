import { expect, test } from "vitest";
import { type StampedEvent, summarizeEvents, unknownStatus } from "./bot-status.ts";

const at = (second: number) => `2026-01-01T12:00:0${second}.000Z`;

function read(...events: readonly Record<string, unknown>[]) {
  return summarizeEvents(
    events.map((event, index) => ({ ...event, time: at(index), by: "ada" }) as StampedEvent),
  );
}

const started = { type: "bot.started", roles: ["dev"], projects: ["shop"] };
const coding = { type: "state.entered", at: "coding", project: "shop", issue: 7 };

test("a bot that takes issues chooses from its start on, and one that only reviews is at nothing", () => {
  expect(read(started).standing).toEqual({ at: "choosing", since: at(0) });
  expect(read({ ...started, roles: ["review"] }).standing).toBeUndefined();
  expect(read({ ...started, roles: ["review", "dev"] }).standing?.at).toBe("choosing");
});

test("a start does not take away what the bot is at, and a released issue does", () => {
  expect(read(coding, started).standing).toMatchObject({ at: "coding", issue: 7, since: at(0) });
  const released = { type: "issue.released", project: "shop", issue: 7 };
  expect(read(coding, released).standing).toEqual({ at: "choosing", since: at(1) });
});

test("a state has the pull request and the reason that it came with, and none of another", () => {
  const blocked = { ...coding, at: "blocked", pull: 8, reason: "why" };

  expect(read(blocked).standing).toEqual({
    at: "blocked",
    since: at(0),
    project: "shop",
    issue: 7,
    pull: 8,
    reason: "why",
  });
  expect(Object.keys(read(blocked, coding).standing ?? {})).toEqual([
    "at",
    "since",
    "project",
    "issue",
  ]);
});

test("a stop is known until the next start", () => {
  expect(read(started, { type: "bot.stopped" })).toMatchObject({
    startedAt: at(0),
    stoppedAt: at(1),
    lastEventAt: at(1),
  });
  expect(read(started, { type: "bot.stopped" }, started).stoppedAt).toBeUndefined();
  expect(read()).toEqual(unknownStatus);
});

test("sessions of both roles stand side by side, each with what it is about, until its own end", () => {
  const dev = { type: "session.started", project: "shop", role: "dev", issue: 7 };
  const review = { type: "session.started", project: "shop", role: "review", pull: 8 };
  const ended = { type: "session.ended", project: "shop", role: "dev", end: "failed" };

  expect(read(dev, review).sessions).toEqual({
    dev: { since: at(0), issue: 7 },
    review: { since: at(1), pull: 8 },
  });
  expect(read(dev, review, ended).sessions).toEqual({ review: { since: at(1), pull: 8 } });
});

test("slots are held from being taken until being released, each on its own server", () => {
  const taken = (backend: string, slot: number) => ({ type: "slot.taken", backend, slot });
  const released = { type: "slot.released", backend: "b", slot: 0 };

  expect(read(taken("b", 0), taken("b", 1), taken("c", 0), released).slots).toEqual(["b#1", "c#0"]);
});

test("what a bot has done is counted by kind", () => {
  const usage = { turns: 1, toolCalls: 2, inputTokens: 3, outputTokens: 4, money: 5, seconds: 6 };
  const session = { type: "session.ended", project: "shop", role: "dev", ...usage };
  const status = read(
    { type: "issue.claimed", project: "shop", issue: 7 },
    { type: "pull.reviewed", project: "shop", pull: 8, sha: "a", verdict: "approved" },
    { type: "lease.taken-over", project: "shop", issue: 7, from: "bob" },
    { type: "lease.lost", project: "shop", issue: 7 },
    { type: "budget.charged", project: "shop", issue: 7, cause: "ci", spent: 1 },
    { type: "budget.charged", project: "shop", issue: 7, cause: "ci", spent: 2 },
    { ...session, end: "failed", fault: "missing" },
    { ...session, end: "finished" },
  );

  expect(status.totals).toEqual({
    claims: 1,
    merges: 0,
    reviews: 1,
    takeovers: 1,
    leasesLost: 1,
    modelSeconds: 12,
    turns: 2,
    toolCalls: 4,
    inputTokens: 6,
    outputTokens: 8,
    money: 10,
    sessions: { missing: 1, finished: 1 },
    charges: { ci: 2 },
    refusals: {},
  });
});

test("failures are counted by code, with the newest words of each", () => {
  const failure = (code: string, message: string) => ({ type: "failure", code, message });

  expect(read(failure("a", "one"), failure("b", "two"), failure("a", "three")).failures).toEqual({
    a: { count: 2, at: at(2), message: "three" },
    b: { count: 1, at: at(1), message: "two" },
  });
});
