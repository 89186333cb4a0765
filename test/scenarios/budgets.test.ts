import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ModelServer } from "../model-server/server.ts";
import { localCoder, localReviewer, repo, TestFactory, until } from "../support/test-factory.ts";

let factory: TestFactory;
let server: ModelServer;

beforeAll(async () => {
  server = await ModelServer.start({ conversations: [] });
});
afterEach(async () => {
  await factory?.end();
  server.reset();
});
afterAll(() => server?.close());

/** Asks the model so often, as a client of the Messages API does, and then does what the issue says. */
function askingCoder(turns: number): readonly string[] {
  const script = `
    const { spawnSync } = require("node:child_process");
    const ask = () => fetch(process.env.ANTHROPIC_BASE_URL + "/v1/messages", {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": process.env.ANTHROPIC_API_KEY },
      body: JSON.stringify({ model: "qwen", max_tokens: 9, messages: [{ role: "user", content: "hello" }] }),
    });
    (async () => {
      for (let turn = 0; turn < ${turns}; turn++) {
        const { status } = await ask();
        if (status !== 200) return setTimeout(() => process.exit(1), 60000);
      }
      process.exitCode = spawnSync(${JSON.stringify(localCoder[0])}, ${JSON.stringify(localCoder.slice(1))}, { stdio: "inherit" }).status;
    })();`;
  return [process.execPath, "-e", script];
}

async function start(turns: number, project: readonly string[], issues: readonly string[]) {
  const env = { DISINTO_ENGINE: "local", LLAMA_BASE_URL: server.url, LLAMA_MODEL: "qwen" };
  const devBots = ["dev-qwen"];
  factory = await TestFactory.create({
    env,
    coder: askingCoder(turns),
    reviewer: localReviewer,
    devBots,
  });
  await writeProject((text) => text.replace("[ci]", `${project.join("\n")}\n[ci]`));
  await factory.disintoOrThrow("init", factory.repository);
  const forge = await factory.forge();
  await factory.fileIssues(forge, issues);
  await factory.disintoOrThrow("up");
  return forge.issues(repo);
}

async function writeProject(edit: (text: string) => string): Promise<void> {
  const file = path.join(factory.folder, "projects", "greeter.toml");
  await writeFile(file, edit(await readFile(file, "utf8")));
}

const service = "agents-llama-dev-qwen";

async function seen(type: string) {
  return (await factory.events(service)).filter((event) => event.type === type);
}

async function readCost(by: string) {
  const told = await factory.disintoOrThrow("cost", "--by", by, "--json");
  return JSON.parse(told) as { lines: Record<string, unknown>[]; total: Record<string, number> };
}

test("what is booked is what the model's server counted; a used-up day stops the next session, and says so until it is raised", async () => {
  const prices = [
    '[prices."qw*"]',
    "input = 100",
    "output = 1000",
    "[agents.dev-qwen.limits.day]",
    "tokens = 60",
  ];
  const issues = await start(3, prices, ["farewell"]);
  await until("the first is done", async () => (await issues.get(1)).state === "closed");
  const { inputTokens, outputTokens } = server.stats;
  const dollars = (inputTokens * 100 + outputTokens * 1000) / 1_000_000;

  const byIssue = await readCost("issue");
  expect(byIssue.lines).toMatchObject([
    { name: "greeter #1", inputTokens, outputTokens, unpriced: 0 },
  ]);
  expect(byIssue.total.money).toBeCloseTo(dollars);
  const price = `tokens in and ${outputTokens} out, $${dollars.toFixed(2)}`;
  await until("its price is told", async () =>
    (await issues.comments(1)).some(({ body }) => body.includes(price)),
  );

  const [{ number: second = 0 } = {}] = await factory.fileIssues(await factory.forge(), [
    "greeting",
  ]);
  await until("the budget is told", async () => (await seen("budget.reached")).length > 0);
  const status = await factory.disintoOrThrow("status");
  expect(status).toMatch(
    /^! since .* the budget of dev-qwen of .* is used up.* \(disinto cost\)$/m,
  );
  await until("the issue waits", async () => (await seen("queue.seen")).length > 0);
  expect(await issues.get(second)).toMatchObject({ state: "open", labels: ["backlog"] });
  expect(server.stats.turns).toBe(3);

  await writeProject((text) => text.replace("tokens = 60", "tokens = 1_000_000"));
  await factory.disintoOrThrow("up");
  await until("the second is done", async () => (await issues.get(second)).state === "closed");
  const all = await readCost("model");
  expect(all.lines).toMatchObject(
    [
      {
        name: "qwen",
        inputTokens: server.stats.inputTokens,
        outputTokens: server.stats.outputTokens,
      },
      { name: "command", inputTokens: 0 },
    ].toSorted((a, b) => a.name.localeCompare(b.name)),
  );
});

test("an issue whose budget is used up is blocked before its next turn, and charged for nothing", async () => {
  const issues = await start(1_000, ["[budget.issue]", "tokens = 60"], ["farewell"]);

  await until("it is blocked", async () => (await issues.get(1)).labels.includes("blocked"));

  const { turns, inputTokens, outputTokens } = server.stats;
  const perTurn = (inputTokens + outputTokens) / turns;
  expect(inputTokens + outputTokens).toBeGreaterThanOrEqual(60);
  expect(inputTokens + outputTokens).toBeLessThan(60 + perTurn);
  const [comment] = await issues.comments(1);
  expect(comment?.body).toContain("the budget of greeter for issue #1 is used up");
  expect(comment?.body).toContain("[budget.issue]");
  expect(await seen("budget.charged")).toEqual([]);
  expect((await readCost("issue")).total).toMatchObject({ inputTokens, outputTokens, sessions: 1 });
});
