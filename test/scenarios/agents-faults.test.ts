/** A model's server that fails in every way, one after the other, under one bot with the real Claude Code. */
import { afterEach, expect } from "vitest";
import { agentsFolder, agentTest } from "../agents/agents.ts";
import type { Fault, Script } from "../model-server/script.ts";
import { ModelServer } from "../model-server/server.ts";
import { repo } from "../support/factory-description.ts";
import { Scene, Template } from "../support/scene.ts";
import { until } from "../support/test-factory.ts";

let server: ModelServer | undefined;
let template: Template | undefined;
let scene: Scene | undefined;

afterEach(async () => {
  await scene?.close();
  await template?.discard();
  await server?.close();
});

const script: Script = {
  conversations: [
    {
      answers: [
        { acts: [{ write: { path: "src/news.mjs", content: "export {};\n" } }], delayMs: 3_000 },
        { text: "Done." },
      ],
    },
  ],
};

/** Over the server's own page, as a person does it who tries things out. */
const faults: Readonly<Record<string, Fault>> = {
  context: { type: "context" },
  "rate-limited": { type: "status", status: 429 },
  stalled: { type: "stall" },
};

/** A pause of the breaker is a fifteenth of a term; a stall is a silence that long. */
const short = {
  AGENT_LEASE_TERM: "20",
  AGENT_POLL_INTERVAL: "0.3",
  AGENT_LIMITS: JSON.stringify({ minutes: 5, silence: 0.2 }),
};

agentTest(
  "down, garbage, out of context, rate-limited, stalling, slow: the issue pays for none of it, and the bot goes on",
  async () => {
    server = await ModelServer.start(script);
    const { url } = server;
    await server.close();
    const section = ['harness = "claude-code"', `base_url = "${url}"`, "slots = 1"];
    template = await Template.create({
      devs: ["dev-1"],
      reviewers: [],
      sections: { "dev-1": section },
    });
    scene = await Scene.open(template);
    const { forge, view } = scene;
    await forge.issues(repo).open({ title: "News", body: "Write some.", labels: ["backlog"] });
    const environment = scene.environmentOf("dev-1");

    scene.startBot("dev-1", {
      ...environment,
      ...short,
      PATH: `${agentsFolder}:${environment.PATH}`,
    });
    await endsWith("unreachable");
    server = await ModelServer.start(script, Number(new URL(url).port));
    server.fault = { type: "garbage" };
    await endsWith("garbled");
    for (const [name, fault] of Object.entries(faults)) {
      await fetch(`${url}/admin/fault`, { method: "POST", body: JSON.stringify(fault) });
      await endsWith(name);
    }
    await fetch(`${url}/admin/fault`, { method: "POST", body: "null" });
    await until(
      "the work is there to be reviewed",
      async () => (await view.pulls()).length > 0,
      25_000,
    );

    expect(await eventsOf("breaker.opened")).toHaveLength(1);
    expect(await eventsOf("breaker.closed")).toHaveLength(1);
    expect(await eventsOf("budget.charged")).toEqual([]);
    expect(await view.issues()).toMatchObject([
      { state: "open", labels: ["backlog", "in-progress"], comments: [] },
    ]);
    const ends = (await eventsOf("session.ended")).map(({ end, fault }) => fault ?? end);
    expect([...new Set(ends)]).toEqual([
      "unreachable",
      "garbled",
      ...Object.keys(faults),
      "finished",
    ]);
  },
  400_000,
);

/** A session that began before the fault was another one may still end by the former. */
function endsWith(fault: string): Promise<unknown> {
  const look = async () => (await eventsOf("session.ended")).at(-1)?.fault === fault;
  return until(`a session ends: ${fault}`, look, 120_000);
}

async function eventsOf(type: string) {
  return ((await scene?.events("dev-1")) ?? []).filter((event) => event.type === type);
}
