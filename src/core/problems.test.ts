import { expect, test } from "vitest";
import { type StampedEvent, summarizeEvents } from "./bot-status.ts";
import {
  describeBlocked,
  describeWork,
  findGivenUpReviews,
  findOpenBreakers,
  findRefusals,
  findSilentCi,
} from "./problems.ts";

function stamp(second: number, event: Record<string, unknown>): StampedEvent {
  return {
    ...event,
    by: "ada",
    time: `2026-01-01T12:00:0${second}.000Z`,
  } as unknown as StampedEvent;
}

const opened = { type: "breaker.opened", breaker: "primary:shop", reason: "main is red" };

test("a breaker that every bot sees is one problem, since the first of them saw it", () => {
  const statuses = [2, 1].map((second) => summarizeEvents([stamp(second, opened)]));

  expect(findOpenBreakers(statuses)).toMatchObject([
    { kind: "breaker", text: "primary:shop is broken since 2026-01-01 12:00:01: main is red" },
  ]);
});

test("a head that the CI never hears of is a problem until its bot goes on", () => {
  const silent = {
    type: "ci.silent",
    project: "shop",
    issue: 7,
    pull: 8,
    context: "ci/woodpecker/pr/test",
    reason: "the CI has not heard of it",
  };
  const entered = { type: "state.entered", at: "reviewing", project: "shop", issue: 7 };

  expect(findSilentCi([stamp(2, silent), stamp(1, entered)])).toMatchObject([
    {
      kind: "ci",
      text: "ci/woodpecker/pr/test of pull request #8 of shop: the CI has not heard of it; look at the repository's webhooks on the forge",
    },
  ]);
  expect(findSilentCi([stamp(1, silent), stamp(2, entered)])).toEqual([]);
  const queued = { ...silent, reason: "no agent has taken its run", lacks: "agent" };
  expect(findSilentCi([stamp(1, queued)]).map(({ text }) => text)).toEqual([
    "ci/woodpecker/pr/test of pull request #8 of shop: no agent has taken its run; see whether the CI's agent runs (disinto status)",
  ]);
});

test("a blocked issue comes with the newest reason that a bot gave for it", () => {
  const entered = { type: "state.entered", at: "blocked", project: "shop", issue: 7 };
  const events = [
    stamp(2, { ...entered, reason: "the tests stay red\nlong log" }),
    stamp(1, { ...entered, reason: "older" }),
    stamp(3, { ...entered, issue: 8, reason: "another" }),
  ];

  const [first, second] = describeBlocked(
    [
      { project: "shop", issue: 7, title: "Add tea" },
      { project: "bar", issue: 7, title: "Add rum" },
    ],
    events,
  );

  expect(first?.text).toBe("issue #7 of shop is blocked (Add tea): the tests stay red");
  expect(second?.text).toBe("issue #7 of bar is blocked (Add rum): its last comment says why");
});

test("a review that gave up is a problem as long as its head is the pull request's and no verdict followed", () => {
  const reviewed = (second: number, more: object) =>
    stamp(second, { type: "pull.reviewed", project: "shop", pull: 4, sha: "aa", ...more });
  const gaveUp = reviewed(1, { verdict: "refused: the change is too long\nmore" });
  const find = (events: readonly StampedEvent[], headSha = "aa") =>
    findGivenUpReviews(events, [{ project: "shop", pull: 4, headSha }]);

  expect(find([reviewed(0, { verdict: "approved" }), gaveUp])).toMatchObject([
    {
      kind: "review",
      text: "ada gave up the review of pull request #4 of shop at 2026-01-01 12:00:01: the change is too long; a person has to review it",
    },
  ]);
  expect(find([gaveUp, reviewed(2, { verdict: "approved" })])).toEqual([]);
  expect(find([gaveUp], "bb")).toEqual([]);
  for (const other of [{ pull: 5 }, { project: "bar" }, { sha: "bb" }])
    expect(find([reviewed(1, { verdict: "refused: x", ...other })])).toEqual([]);
  expect(findGivenUpReviews([gaveUp], [])).toEqual([]);
});

test("what a bot does is its state, its issue and since when", () => {
  const coding = { type: "state.entered", at: "coding", project: "shop", issue: 7 };

  expect(describeWork(summarizeEvents([stamp(4, coding)]))).toBe(
    "coding #7 since 2026-01-01 12:00:04",
  );
  expect(describeWork(summarizeEvents([]))).toBe("");
});

test("a host that a session was refused is a problem with the line that would allow it, until it is allowed", () => {
  const refused = (host: string) =>
    stamp(1, { type: "egress.refused", project: "shop", issue: 7, host });
  const events = ["registry.npmjs.org", "a.example.org:8443", "a.example.org:8443"].map(refused);
  const allowing = (...allow: string[]) => [{ name: "shop", network: { allow } }];

  expect(findRefusals(events, allowing("pypi")).map(({ text }) => text)).toEqual([
    'ada was refused registry.npmjs.org; if shop needs it: [network] allow = ["pypi","registry.npmjs.org"] in its file',
    'ada was refused a.example.org:8443; if shop needs it: [network] allow = ["pypi","a.example.org:8443"] in its file',
  ]);
  expect(findRefusals(events, allowing("npm", "*.example.org:8443"))).toEqual([]);
});
