/** Issues at a real llama-server, with a real forge, CI and bots: who pays when the server fails, and who when an issue does. */
import { createServer } from "node:http";
import path from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { deriveBackend } from "../../src/core/backend.ts";
import { agentsFolder, agentTest } from "../agents/agents.ts";
import { repo } from "../support/factory-description.ts";
import { findFreePort } from "../support/fleet.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";
import { hasLlama, LlamaServer } from "./llama-server.ts";

const key = "sk-the-servers-key";
const coder = [process.execPath, path.join(import.meta.dirname, "small-agent.mjs")];
const small = ['harness = "command"', `command = ${JSON.stringify(coder)}`, 'model = "scripted"'];
const devs = ["dev-1", "dev-2", "dev-3", "dev-4", "dev-5"];
const agents = {
  "claude-code": { dev: "claude", reviewer: "claude-review" },
  opencode: { dev: "open", reviewer: "open-review" },
} as const;
const pollMs = 500;

describe.skipIf(!hasLlama)("at a real llama-server", () => {
  let template: Template;
  let scene: Scene;
  let server: LlamaServer | undefined;

  beforeAll(async () => {
    const real = Object.entries(agents).flatMap(([harness, { dev, reviewer }]) =>
      [dev, reviewer].map((name) => {
        const lines = [`harness = "${harness}"`, 'base_url = "http://127.0.0.1:9"'];
        return [name, [...lines, 'model = "scripted"']] as const;
      }),
    );
    template = await Template.create({
      devs: [...devs, agents["claude-code"].dev, agents.opencode.dev],
      reviewers: ["review-1", agents["claude-code"].reviewer, agents.opencode.reviewer],
      sections: Object.fromEntries([...devs.map((name) => [name, small] as const), ...real]),
    });
  });
  afterEach(async () => {
    await scene?.close();
    await server?.stop();
  });
  const startBot = (name: string, url: string, told: Readonly<Record<string, string>> = {}) => {
    const own = scene.environmentOf(name);
    scene.startBot(name, {
      ...own,
      PATH: `${agentsFolder}:${own.PATH}`,
      AGENT_POLL_INTERVAL: String(pollMs / 1000),
      AGENT_BACKEND: deriveBackend({ baseUrl: url, harness: "command" }),
      ANTHROPIC_BASE_URL: url,
      CLAUDE_MODEL: "scripted",
      ...told,
    });
  };
  const file = (title: string, body: string) =>
    scene.forge.issues(repo).open({ title, body, labels: ["backlog"] });
  const closed = async () =>
    (await scene.view.issues()).filter(({ state }) => state === "closed").length;
  const eventsOf = async (name: string, type: string) =>
    (await scene.events(name)).filter((event) => event.type === type);

  describe.each(["claude-code", "opencode"] as const)("%s", (agent) => {
    agentTest(
      "takes an issue to its merge, and reviews it",
      async () => {
        const { dev, reviewer } = agents[agent];
        scene = await Scene.open(template);
        server = await LlamaServer.start(["-np", "2", "-c", "65536"]);
        await file("Make the file", "Make it.");

        scene.startCi();
        startBot(dev, server.url);
        startBot(reviewer, server.url);
        await until("it is merged", async () => (await closed()) === 1, 150_000);

        expect(await scene.view.read("main", "made-by-llama.md")).toBeTruthy();
        const [pull] = await scene.view.pulls();
        expect(await scene.forge.reviews(repo).of(pull?.number ?? 0)).toMatchObject([
          { author: reviewer, verdict: "approved" },
        ]);
        const ends = (await eventsOf(dev, "session.ended")).map(({ end }) => end);
        expect(ends).toEqual(["finished"]);
      },
      200_000,
    );
  });

  test("one poisonous issue among ten: nine are merged, and one is set aside with the reason", async () => {
    scene = await Scene.open(template);
    server = await LlamaServer.start(["-np", "1", "-c", "16384"]);
    for (let at = 1; at <= 10; at++)
      await file(`Note ${at}`, at === 4 ? "Note it. [[script:broken-call]]" : "Note it.");
    scene.startCi();
    scene.startBot("review-1");
    // Alone: all write to one file, and a second one would mostly solve conflicts.
    startBot("dev-1", server.url);

    await until("nine are merged", async () => (await closed()) === 9, 400_000);

    const [poisonous, ...others] = (await scene.view.issues()).filter(
      ({ state }) => state === "open",
    );
    expect(others).toEqual([]);
    expect(poisonous).toMatchObject({ title: "Note 4", labels: ["blocked"] });
    expect(JSON.stringify(poisonous?.comments)).toMatch(/works for others: .*grammar/);
    expect(await eventsOf("dev-1", "breaker.opened")).toEqual([]);
  }, 450_000);

  test("a server that loads for 40 s, needs a key, dies amid an answer and hangs: no issue is charged, and the bot goes on within a poll", async () => {
    scene = await Scene.open(template);
    const port = await findFreePort();
    // Else an answer without an end comes to the end of the window.
    const args = ["-np", "1", "-c", "131072"];
    const start = () => LlamaServer.start(args, { port, key });
    const count = async (type: string) => (await eventsOf("dev-1", type)).length;
    const isBusy = async () => (await server?.countRequests(key).catch(() => 0)) === 1;
    /** From when the server is well until the bot knows. */
    const waited: number[] = [];
    const goesOn = async (times: number) => {
      const start = performance.now();
      const closes = async () => (await count("breaker.closed")) === times;
      await until("the bot sees that it works again", closes);
      waited.push(performance.now() - start);
      await until("an answer is being given", isBusy, 120_000);
    };
    await file("Note", "Note it. [[script:endless]] [[most:100000]]");
    const endLoading = await beginLoading(port);
    const beganMs = performance.now();
    startBot("dev-1", `http://127.0.0.1:${port}/v1/`, {
      ANTHROPIC_API_KEY: key,
      AGENT_LIMITS: JSON.stringify({ minutes: 5, silence: 0.25 }),
    });

    await until("it is found to load", async () => (await count("breaker.opened")) === 1);
    await until("it has loaded for 40 s", async () => performance.now() - beganMs > 40_000);
    await endLoading();
    server = await start();
    await goesOn(1);
    await server.stop();
    await until("its death is noticed", async () => (await count("breaker.opened")) === 2);
    server = await start();
    await goesOn(2);
    server.pause();
    await until("it is seen to hang", async () => (await count("breaker.opened")) === 3);
    server.resume();
    await goesOn(3);

    const ends = (await eventsOf("dev-1", "session.ended")).map(({ fault }) => fault);
    expect(ends).toEqual(["unreachable", "stalled"]);
    expect(await eventsOf("dev-1", "budget.charged")).toEqual([]);
    expect(await scene.view.issues()).toMatchObject([{ labels: ["backlog", "in-progress"] }]);
    // A poll, the small request that tries it, and what a busy machine takes for both.
    expect(Math.max(...waited)).toBeLessThan(pollMs + 5_000);
  }, 300_000);

  test.each([
    { kind: "two slots", args: ["-np", "2", "-c", "16384"], bots: 5 },
    // Each of its four slots claims all of the window, and one that is full ends every running request.
    { kind: "unified KV", args: ["-c", "65536"], bots: 3 },
  ])(
    "$bots bots at a server of $kind, by two spellings of its address: never three requests at once",
    async ({ args, bots }) => {
      scene = await Scene.open(template);
      server = await LlamaServer.start([...args, "--metrics"]);
      const names = devs.slice(0, bots);
      for (const name of names) await file(name, "Tell it. [[script:endless]] [[most:1500]]");
      const spellings = [server.url, `${server.url.replace("http", "HTTP")}/v1/`];
      let most = 0;
      for (const [at, name] of names.entries()) startBot(name, spellings[at % 2] ?? "");
      const own = server;
      await until(
        "each has had a session",
        async () => {
          most = Math.max(most, await own.countRequests());
          const ended = await Promise.all(names.map((name) => eventsOf(name, "session.ended")));
          return ended.every((list) => list.length > 0);
        },
        200_000,
      );

      expect(most).toBeLessThanOrEqual(2);
      const taken = await Promise.all(names.map((name) => eventsOf(name, "slot.taken")));
      expect(new Set(taken.flat().map(({ slot }) => slot)).size).toBe(2);
      expect(await own.readMetric("requests_processing")).toBeLessThanOrEqual(2);
      const ends = await Promise.all(names.map((name) => eventsOf(name, "session.ended")));
      expect(new Set(ends.flat().map(({ end }) => end))).toEqual(new Set(["finished"]));
      for (const name of names) expect(await eventsOf(name, "breaker.opened")).toEqual([]);
    },
    240_000,
  );
});

/** A llama-server that reads a large model from its disk answers so; the one of the tests is there at once. */
async function beginLoading(port: number): Promise<() => Promise<void>> {
  const error = { code: 503, message: "Loading model", type: "unavailable_error" };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(503, { "content-type": "application/json" });
    response.end(JSON.stringify({ error }));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
}
