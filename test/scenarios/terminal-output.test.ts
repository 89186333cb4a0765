import { appendFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localCoder, localReviewer, repo, TestFactory } from "../support/test-factory.ts";

/** Sets a title, clears the screen, writes over the line, and turns the direction of writing. */
const hostile = "x\u001b]0;owned\u0007\u001b[2J\u009b1A\rERROR\u202egnp";
const service = "agents-llama-dev-qwen";

let factory: TestFactory;

beforeAll(async () => {
  const env = { DISINTO_ENGINE: "local" };
  factory = await TestFactory.create({
    env,
    coder: localCoder,
    reviewer: localReviewer,
    devBots: ["dev-qwen"],
  });
  await factory.disintoOrThrow("init", factory.repository);
  const issues = (await factory.forge()).issues(repo);
  await issues.open({ title: hostile, body: hostile, labels: ["backlog", "blocked"] });
  await issues.comment(1, hostile);
  await leaveTraces();
});
afterAll(() => factory.end());

/** What a bot would have written: a log, and events with words of others in them. */
async function leaveTraces(): Promise<void> {
  const folder = path.join(factory.folder, ".disinto", "local", service);
  await mkdir(path.join(folder, "data"), { recursive: true });
  await writeFile(path.join(folder, "log"), `${hostile}\n`);
  const event = { time: new Date().toISOString(), by: "dev-qwen", type: "issue.blocked", issue: 1 };
  const line = JSON.stringify({ ...event, project: "greeter", reason: hostile });
  await appendFile(path.join(folder, "data", "events.jsonl"), `${line}\n`);
}

test.each([
  "status",
  "status --json",
  "issue 1",
  "issue 1 --json",
  "agents",
  "agents --json",
  "agent status",
  "logs",
  `logs ${service}`,
  "plan",
  "plan --json",
  "prune",
  "doctor",
  "config check",
  "secrets list",
  `issue ${hostile.replaceAll(" ", "")}`,
  `logs ${hostile}`,
])("%j writes nothing that acts on a terminal", async (line) => {
  const { stdout, stderr } = await factory.disinto(...line.split(" "));

  expect(stdout + stderr).not.toBe("");
  expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e]/u);
});

test("what was written there is still to be read, and the same in JSON", async () => {
  const text = await factory.disintoOrThrow("issue", "1");
  const { issue } = JSON.parse(await factory.disintoOrThrow("issue", "1", "--json")) as {
    issue: { title: string };
  };
  const logs = await factory.disintoOrThrow("logs", service);

  expect(text).toContain("\\u001b]0;owned");
  expect(issue.title).toContain("\u001b]0;owned");
  expect(logs).toContain("\\u001b[2J");
});
