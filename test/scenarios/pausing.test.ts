import { afterEach, expect, test } from "vitest";
import { localCoder, localReviewer, repo, TestFactory, until } from "../support/test-factory.ts";

let factory: TestFactory;

afterEach(() => factory?.end());

const service = "agents-llama-dev-qwen";

test("a pause puts a running session aside within a poll, is the first that status says, and nothing is lost when it is taken back; a blocked issue waits for a retry", async () => {
  const env = { DISINTO_ENGINE: "local" };
  const coder = [...localCoder, "--think-ms", "3000"];
  factory = await TestFactory.create({
    env,
    coder,
    reviewer: localReviewer,
    devBots: ["dev-qwen"],
  });
  await factory.disintoOrThrow("init", factory.repository);
  const forge = await factory.forge();
  const issues = forge.issues(repo);
  await factory.fileIssues(forge, ["farewell"]);
  await factory.disintoOrThrow("up");
  const seen = async (type: string) =>
    (await factory.events(service)).find((event) => event.type === type);
  await until("a session runs", async () => (await seen("session.started")) !== undefined);

  await factory.disintoOrThrow("pause", "--reason", "for the night");
  await until("the bot has heard of it", async () => (await seen("bot.paused")) !== undefined);
  await until("the session ended", async () => (await seen("session.ended")) !== undefined);
  const status = await factory.disintoOrThrow("status");
  const { problems } = JSON.parse(await factory.disintoOrThrow("status", "--json"));
  const ended = await seen("session.ended");
  await factory.fileIssues(forge, ["greeting"]);
  await factory.disintoOrThrow("block", "2", "--reason", "not decided yet");
  const twice = await factory.disinto("block", "2");
  const unknown = await factory.disinto("pause", "dev-qwne");
  const one = await factory.disinto("resume", "dev-qwen");
  await factory.disintoOrThrow("resume");
  await until("the first is done", async () => (await issues.get(1)).state === "closed");
  const second = await issues.get(2);

  expect(status).toMatch(
    /^! since .* the whole factory is paused by .*: for the night \(disinto resume\)\n/,
  );
  expect(status).toMatch(/dev-qwen .*paused since/);
  expect(problems[0]).toMatchObject({ kind: "paused" });
  expect(ended).toMatchObject({ end: "interrupted" });
  expect(twice.stderr).toContain("issue #2 is blocked already");
  expect(unknown).toMatchObject({ exitCode: 2 });
  expect(one.stderr).toContain("nothing of this was paused");
  expect(one.stderr).toContain("still the whole factory is paused");
  expect(second).toMatchObject({ state: "open", labels: expect.arrayContaining(["blocked"]) });
  expect((await issues.comments(2)).map(({ body }) => body)).toContain("not decided yet");

  await factory.disintoOrThrow("retry", "2");
  await until("the second is done", async () => (await issues.get(2)).state === "closed");
  const events = await factory.events(service);
  expect(events.filter(({ type }) => type === "bot.resumed")).toHaveLength(1);
  expect(events.filter(({ type, issue }) => type === "issue.claimed" && issue === 2)).toHaveLength(
    1,
  );
});
