/** How the real agents' sessions fail: each class as it was seen, not as the agent words it. */
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect } from "vitest";
import type { Fault, Script } from "../model-server/script.ts";
import { agentTest, buildScene } from "./agents.ts";

const script: Script = { conversations: [{ answers: [{ text: "Done." }] }] };
const faults: Readonly<Record<string, Fault>> = {
  "refused-key": { type: "status", status: 401 },
  "rate-limited": { type: "status", status: 429 },
  overloaded: { type: "status", status: 529 },
  context: { type: "context" },
  garbled: { type: "garbage" },
  unreachable: { type: "drop" },
};

describe("claude-code", () => {
  agentTest.each(Object.entries(faults))("a model's server at fault: %s", async (fault, cause) => {
    const { server, run, close } = await buildScene("claude-code", { script });
    server.fault = cause;

    const end = await run();
    server.fault = undefined;
    const again = await run();
    await close();

    expect(end).toMatchObject({ type: "failed", fault });
    expect(server.requests.length).toBeLessThanOrEqual(5);
    expect(again.type).toBe("finished");
  });
});

/** opencode would try for ever; the gateway ends it. */
describe("opencode", () => {
  agentTest.each(["refused-key", "context", "garbled"])(
    "a model's server at fault: %s",
    async (fault) => {
      const { server, run, close } = await buildScene("opencode", { script });
      server.fault = faults[fault];

      const end = await run();
      await close();

      expect(end).toMatchObject({ type: "failed", fault });
      expect(server.requests.length).toBeLessThanOrEqual(4);
    },
  );
});

describe.each(["claude-code", "opencode"] as const)("%s", (name) => {
  agentTest("a program that is not there is the installation's fault", async () => {
    const { run, close } = await buildScene(name, { script, program: "/nowhere/agent" });

    const end = await run();
    await close();

    expect(end).toMatchObject({ type: "failed", fault: "missing" });
  });
});

agentTest(
  "a server that stalls in the midst of an answer is told from a silent agent",
  async () => {
    const { server, run, close } = await buildScene("claude-code", { script });
    server.fault = { type: "stall" };

    const end = await run({ silenceMs: 12_000 });
    await close();

    expect(end).toMatchObject({ type: "failed", fault: "stalled" });
  },
);

agentTest("a server that is down is unreachable", async () => {
  const { run, close } = await buildScene("claude-code", {
    script,
    baseUrl: "http://127.0.0.1:9",
  });

  const end = await run();
  await close();

  expect(end).toMatchObject({ type: "failed", fault: "unreachable" });
});

agentTest("a session is ended at its tokens, before the server is asked again", async () => {
  const acts = [{ bash: "true" }];
  const { server, run, close } = await buildScene("claude-code", {
    script: { conversations: [{ answers: [{ acts }] }] },
  });

  const end = await run({ tokens: 1 });
  await close();

  expect(end).toMatchObject({ type: "failed", fault: "tokens", usage: { turns: 1 } });
  expect(server.requests.length).toBe(1);
});

agentTest("money is counted where the model has a price, and ends the session", async () => {
  const acts = [{ bash: "true" }];
  const { run, close } = await buildScene("claude-code", {
    script: { conversations: [{ answers: [{ acts }] }] },
    model: "claude-sonnet-4-5",
  });

  const end = await run({ money: 0.01, turns: 20 });
  await close();

  expect(end).toMatchObject({ type: "failed", fault: "money" });
  expect(end.usage.money).toBeGreaterThan(0.01);
});

describe.each(["claude-code", "opencode"] as const)("%s", (name) => {
  agentTest.each([
    ["A new version is available! Run update.", 0],
    ["panic: out of cheese", 3],
  ])(
    'an agent that says "%s", asks nothing and ends with %i has not worked',
    async (text, code) => {
      const scene = await buildScene(name, { script });
      const program = path.join(scene.dataFolder, "program");
      await writeFile(program, `#!/bin/sh\necho '${text}'\nexit ${code}\n`);
      await chmod(program, 0o755);
      const { run, close } = await buildScene(name, { script, program });

      const end = await run();
      await close();
      await scene.close();

      expect(end).toMatchObject({
        type: "failed",
        fault: "exit",
        output: expect.stringContaining(text),
      });
      if (code !== 0) expect(end).toMatchObject({ reason: expect.stringContaining(`${code}`) });
    },
  );
});
