import { expect, test } from "vitest";
import { type StampedEvent, summarizeEvents } from "./bot-status.ts";
import {
  describeDeadServices,
  describeFailing,
  describeForgeVersion,
  describeMissing,
  describeRefused,
} from "./service-problems.ts";

function stamp(second: number, event: Record<string, unknown>): StampedEvent {
  return {
    ...event,
    by: "ada",
    time: `2026-01-01T12:00:0${second}.000Z`,
  } as unknown as StampedEvent;
}

test("what died, restarts or is unhealthy is a problem with its newest failure; what never ran is none", () => {
  const at = (service: string, state: string, origin: string | undefined = ".env:1") => {
    return { service, container: service, state, running: state.startsWith("running"), origin };
  };
  const failures = {
    "forge.unavailable": {
      count: 2,
      at: "2026-01-02T00:00:00Z",
      message: "the forge is away\nmore",
    },
    "git.failed": { count: 1, at: "2026-01-01T00:00:00Z", message: "git failed" },
  };
  const statuses = new Map([["b", { ...summarizeEvents([]), failures }]]);
  const services = [
    at("a", "running"),
    at("b", "exited (70)"),
    at("c", "running (unhealthy)"),
    at("d", "running (restarted 5 times)"),
    at("e", "missing"),
    at("f", "disabled"),
    at("g", "running (process 7)"),
    at("h", "not running"),
    { ...at("i", "exited (1)"), origin: undefined },
  ];

  expect(describeDeadServices(services, statuses).map(({ text }) => text)).toEqual([
    "b is exited (70): the forge is away (disinto logs b)",
    "c is running (unhealthy) (disinto logs c)",
    "d is running (restarted 5 times) (disinto logs d)",
    "h is not running (disinto logs h)",
  ]);
});

test("what a running service tries again in vain is a problem until it works or the service ends", () => {
  const failure = (code: string, retryInMs = 1000) =>
    ({ type: "failure", code, message: `${code} again\nmore`, retryInMs }) as const;
  const ended = { type: "failure.ended", code: "forge.failed" } as const;
  const services = [
    { service: "b", container: "b", state: "running", running: true, origin: ".env:1" },
  ];
  const see = (...events: readonly Parameters<typeof stamp>[1][]) => {
    const status = summarizeEvents(events.map((event, at) => stamp(at, event)));
    return describeFailing(services, new Map([["b", status]])).map(({ text }) => text);
  };
  const [no, away] = [failure("forge.failed"), failure("ci.unavailable")];

  expect(see(no)).toEqual([]);
  expect(see(away, no, no, away)).toEqual([
    "b tries again since 2026-01-01 12:00:00: ci.unavailable again (ci.unavailable)",
    "b tries again since 2026-01-01 12:00:01: forge.failed again (forge.failed)",
  ]);
  expect(see(no, no, ended)).toEqual([]);
  expect(see(no, no, { type: "bot.started", roles: [], projects: [] })).toEqual([]);
  expect(see(failure("git.failed", 0), failure("git.failed", 0))).toEqual([]);
});

test("a credential that the forge refuses, or that is another user's, is a problem", () => {
  const bot = (name: string, credentials: string) => ({
    name,
    forgeUser: `u-${name}`,
    credentials,
  });

  expect(
    describeRefused([
      bot("a", "valid"),
      bot("b", "refused"),
      bot("c", "foreign"),
      bot("d", "unknown"),
    ]).map(({ text }) => text),
  ).toEqual([
    "the forge refuses the token of b: it was revoked there, or another factory uses u-b (disinto init)",
    "the token of c belongs to another user than u-c (disinto init)",
  ]);
});

test("a bot whose account another factory has taken over is a problem that says so", () => {
  const bot = { name: "a", forgeUser: "u-a", credentials: "refused", isTaken: true };

  expect(describeRefused([bot]).map(({ text }) => text)).toEqual([
    "two factories fight over u-a, the account of a: it carries the mark of another one on the forge (disinto init says which ways out there are)",
  ]);
});

test("a service that is gone is a problem while others run, and none before the first up", () => {
  const at = (service: string, running: boolean, origin: string | undefined = ".env:1") => {
    const state = running ? "running" : "missing";
    return { service, container: service, state, running, origin };
  };
  const agent = at("woodpecker-agent", false);

  expect(describeMissing([at("forgejo", true), at("woodpecker", true), agent])).toMatchObject([
    { text: "woodpecker-agent is declared and does not run, though others do (disinto up)" },
  ]);
  expect(describeMissing([at("forgejo", true), at("woodpecker", false), agent])).toEqual([]);
  const other = { ...at("old", true), origin: undefined };
  expect(describeMissing([at("forgejo", true), other, agent])).toEqual([]);
});

test.each([
  ["15.0.3+gitea-1.22.0", "15.0.3", false],
  ["15.0.3", "15.0.3", false],
  ["11.0.15+gitea-1.22.0", "15.0.3", true],
  ["15.0.30+gitea-1.22.0", "15.0.3", true],
  ["15.0.3", undefined, false],
  [undefined, "15.0.3", false],
])("a forge that says %s where the image says %s is a problem: %s", (version, expected, isOne) => {
  const found = describeForgeVersion({ url: "http://forge", version, expected });

  expect(found.map(({ text }) => text)).toEqual(
    isOne
      ? [
          `the forge at http://forge is version ${version}, and DISINTO_IMAGE_FORGEJO in .env names 15.0.3 (disinto up)`,
        ]
      : [],
  );
});
