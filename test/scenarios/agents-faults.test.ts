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

const faults: readonly Fault[] = [
  { type: "garbage" },
  { type: "context" },
  { type: "status", status: 429 },
  { type: "stall" },
];

/** A silence is as long as it may be for a test. */
const short = {
  AGENT_LEASE_TERM: "20",
  AGENT_POLL_INTERVAL: "0.3",
  AGENT_LIMITS: JSON.stringify({ minutes: 5, silence: 0.2 }),
};

agentTest(
  "down, garbage, out of context, rate-limited, stalling, slow: no session begins, the issue pays for none of it, and the bot goes on",
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
    const isAway = async () => (await eventsOf("breaker.opened")).length > 0;
    await until("the server is found to be away", isAway, 120_000);
    const own = await ModelServer.start(script, Number(new URL(url).port));
    server = own;
    for (const fault of faults) {
      own.fault = fault;
      const before = own.requests.length;
      await until(`it is tried: ${fault.type}`, async () => own.requests.length > before, 60_000);
    }
    own.fault = undefined;
    await until(
      "the work is there to be reviewed",
      async () => (await view.pulls()).length > 0,
      // The request that stalls is waited out first.
      90_000,
    );

    expect(await eventsOf("breaker.opened")).toHaveLength(1);
    expect(await eventsOf("breaker.closed")).toHaveLength(1);
    expect(await eventsOf("budget.charged")).toEqual([]);
    expect(await view.issues()).toMatchObject([
      { state: "open", labels: ["backlog", "in-progress"], comments: [] },
    ]);
    const ends = (await eventsOf("session.ended")).map(({ end, fault }) => fault ?? end);
    expect(ends).toEqual(["unreachable", "finished"]);
  },
  400_000,
);

async function eventsOf(type: string) {
  return ((await scene?.events("dev-1")) ?? []).filter((event) => event.type === type);
}
