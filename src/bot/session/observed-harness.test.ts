import { expect, test } from "vitest";
import { systemClock } from "../../adapters/system-clock.ts";
import type { BotEvent } from "../../ports/event-log.ts";
import { NO_USAGE, type SessionEnd } from "../../ports/harness.ts";
import { observeHarness } from "./observed-harness.ts";

async function runSession(end: SessionEnd, refused: readonly string[]) {
  const events: BotEvent[] = [];
  const harness = observeHarness(
    { run: async () => end },
    {
      role: "dev",
      events: { append: (event) => void events.push(event) },
      clock: systemClock,
      refusedHosts: async () => refused,
    },
  );
  const told = await harness.run({
    about: { project: "shop", issue: 7 },
    folder: "/tmp",
    prompt: "",
    environment: {},
    timeoutMs: 1,
    silenceMs: 1,
    signal: new AbortController().signal,
  });
  return { told, events };
}

const said = { output: "", usage: NO_USAGE };

test("what a session was refused is an event for each host, and stands in its failure with the line to add", async () => {
  const failed: SessionEnd = { type: "failed", fault: "exit", reason: "npm ended with 1", ...said };

  const { told, events } = await runSession(failed, ["registry.npmjs.org", "evil.example.com"]);

  expect(events).toMatchObject([
    { type: "session.started" },
    { type: "egress.refused", project: "shop", issue: 7, host: "registry.npmjs.org" },
    { type: "egress.refused", project: "shop", issue: 7, host: "evil.example.com" },
    { type: "session.ended", end: "failed" },
  ]);
  expect(told).toMatchObject({
    reason:
      'npm ended with 1\nit was refused what the project\'s file does not name: [network] allow = ["registry.npmjs.org","evil.example.com"]',
  });
});

test("a session that did its work without them is as it was", async () => {
  const finished: SessionEnd = { type: "finished", verdict: undefined, ...said };

  expect((await runSession(finished, ["evil.example.com"])).told).toBe(finished);
});
