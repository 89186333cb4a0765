import { expect, test } from "vitest";
import { type StampedEvent, summarizeEvents } from "../core/bot-status.ts";
import { describeDeadServices } from "../core/service-problems.ts";
import { DisintoError } from "../errors.ts";
import { describeEnd } from "./agent.ts";

test.each([
  [new TypeError("x is not a function"), "it ended by a bug of disinto: x is not a function"],
  [new DisintoError("credentials.wrong", "the token belongs to bob"), "the token belongs to bob"],
])("why a bot ended is shown by status: %s", (error, words) => {
  const event = { ...describeEnd(error), by: "dev", time: "2026-01-01T12:00:00.000Z" };
  const statuses = new Map([["dev", summarizeEvents([event as StampedEvent])]]);
  const state = { container: "dev", state: "exited (70)", running: false, origin: ".env:1" };

  expect(describeDeadServices([{ service: "dev", ...state }], statuses)).toMatchObject([
    { kind: "service", text: `dev is exited (70): ${words} (disinto logs dev)` },
  ]);
});
