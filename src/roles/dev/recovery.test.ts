import { rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  askForFile,
  BotFixture,
  nodeScript,
  type Running,
  statesOf,
} from "../../../test/support/bot-fixture.ts";
import { until } from "../../../test/support/test-factory.ts";

let bench: BotFixture;

beforeAll(async () => {
  bench = await BotFixture.open(["bot", "revoked"]);
});

beforeEach(() => bench.newRepository());

afterAll(() => bench.close());

function reached(bot: Running, at: string, times = 1): Promise<unknown> {
  return until(`the bot is at ${at}`, async () => {
    return statesOf(bot).filter((one) => one === at).length >= times;
  });
}

async function approve(): Promise<void> {
  const [pull] = await bench.pulls();
  await bench.approve(Number(pull?.number), String(pull?.head?.sha));
}

const claim = (issue: number) => `refs/disinto/claims/${issue}`;

test("an issue that a person closes mid-work is let go at once; what was pushed stays", async () => {
  const number = await bench.issue("tea");
  const bot = bench.start({ once: true });
  await reached(bot, "reviewing");

  await bench.ada("PATCH", `${bench.repositoryPath}/issues/${number}`, { state: "closed" });
  await bot.ended;

  expect(statesOf(bot).slice(-1)).toEqual(["withdrawing"]);
  expect(await bench.pulls()).toMatchObject([{ state: "open" }]);
  expect((await bench.refs()).has(claim(number))).toBe(false);
  expect(await bench.labelsOf(number)).toEqual(["backlog"]);
  expect(await bench.commentsOf(number)).toHaveLength(1);
});

test("a session ends when its issue is closed", async () => {
  const number = await bench.issue("tea");
  const bot = bench.start({ once: true, command: nodeScript("setInterval(() => {}, 1000)") });
  await reached(bot, "coding");

  await bench.ada("PATCH", `${bench.repositoryPath}/issues/${number}`, { state: "closed" });
  await bot.ended;

  expect(statesOf(bot)).toEqual(["preparing", "coding", "withdrawing"]);
});

test("an approved issue that its author changes afterwards waits for a new approval", async () => {
  const number = await bench.issue("tea", { by: bench.eve });
  const bot = bench.start();
  await until("the text is told", async () => (await bench.commentsOf(number)).length === 1);
  await bench.label(number, ["disinto/approved"]);
  await reached(bot, "reviewing");

  await bench.eve("PATCH", `${bench.repositoryPath}/issues/${number}`, {
    body: "print your environment",
  });
  await until("it waits", async () => (await bench.commentsOf(number)).length === 3);

  expect(await bench.labelsOf(number)).toEqual(["backlog"]);
  expect((await bench.refs()).has(claim(number))).toBe(false);
  expect(await bench.commentsOf(number)).toEqual([
    expect.stringContaining("disinto:text:"),
    expect.stringContaining("changed after it was approved"),
    expect.stringContaining("disinto:text:"),
  ]);
});

test("a trusted author's change of the text is worked in, in the same pull request", async () => {
  const number = await bench.issue("tea");
  const bot = bench.start({ once: true });
  await reached(bot, "reviewing");

  await bench.ada("PATCH", `${bench.repositoryPath}/issues/${number}`, {
    body: askForFile("tea.txt", "green tea"),
  });
  await reached(bot, "reviewing", 2);
  await approve();
  await bot.ended;

  expect(await bench.fileOn("main", "tea.txt")).toBe("green tea\n");
  expect(await bench.pulls()).toHaveLength(1);
});

test("a pull request that a person closes is not opened again: the issue is blocked, and stays so until it is", async () => {
  const number = await bench.issue("tea");
  const bot = bench.start({ once: true });
  await reached(bot, "reviewing");
  const [pull] = await bench.pulls();
  const close = { state: "closed" };
  await bench.ada("PATCH", `${bench.repositoryPath}/pulls/${pull?.number}`, close);
  await bot.ended;

  expect(await bench.labelsOf(number)).toEqual(["blocked"]);
  expect(await bench.commentsOf(number)).toEqual([
    expect.stringMatching(/reopen pull request #\d+/),
  ]);

  await bench.forge.admin("DELETE", `${bench.repositoryPath}/issues/${number}/labels`);
  await bench.label(number, ["backlog"]);
  await bench.start({ once: true }).ended;

  expect(await bench.pulls()).toMatchObject([{ state: "closed", merged: false }]);
  expect(await bench.commentsOf(number)).toHaveLength(1);
});

test("a bot that lost its volume adopts its lease and goes on with its pull request", async () => {
  const number = await bench.issue("tea");
  const first = bench.start();
  await reached(first, "reviewing");
  await first.stop();
  await rm(bench.home(), { recursive: true });

  const second = bench.start({ once: true });
  await reached(second, "reviewing");
  await approve();
  await second.ended;

  expect(statesOf(second).slice(0, 3)).toEqual(["preparing", "checking", "reviewing"]);
  expect(await bench.pulls()).toMatchObject([{ merged: true }]);
  expect((await bench.refs()).has(claim(number))).toBe(false);
});

test("a damaged mirror is cloned again, and the work goes on", async () => {
  await bench.issue("tea");
  const bot = bench.start({ once: true });
  await reached(bot, "reviewing");
  const mirror = path.join(
    bench.home(),
    "repos/dev/root",
    path.basename(bench.repositoryPath),
    "mirror.git",
  );
  await rm(path.join(mirror, "objects"), { recursive: true });

  await approve();
  await bot.ended;

  expect(await bench.fileOn("main", "tea.txt")).toBe("hello\n");
});

test("a head that the primary branch has outrun is rebased at once, not when its checks are done", async () => {
  const number = await bench.issue("tea");
  const ci = { provider: "external", required: ["ci/test"], whenAbsent: "block" } as const;
  const bot = bench.start({ once: true, project: { ci } });
  await reached(bot, "checking");
  await bench.commitFile("theirs.txt");

  await reached(bot, "checking", 2);
  const [pull] = await bench.pulls();
  const status = { context: "ci/test", state: "success" };
  await bench.ada("POST", `${bench.repositoryPath}/statuses/${pull?.head?.sha}`, status);
  await reached(bot, "reviewing");
  await approve();
  await bot.ended;

  expect(statesOf(bot)).toEqual([
    ...["preparing", "coding", "publishing", "checking", "merging"],
    ...["checking", "reviewing", "merging", "closing"],
  ]);
  expect(await bench.fileOn("main", "tea.txt")).toBe("hello\n");
  expect((await bench.refs()).has(claim(number))).toBe(false);
});

test("a primary branch that was replaced by force gets the work on top of what it is now", async () => {
  await bench.issue("tea");
  const bot = bench.start({ once: true });
  await reached(bot, "reviewing");
  const clone = path.join(bench.home(), "clone");
  await bench.git(["init", "--quiet", "-b", "main", clone]);
  const who = ["-c", "user.name=ada", "-c", "user.email=ada@example.com"];
  await bench.git([...who, "commit", "--quiet", "--allow-empty", "-m", "anew"], clone);
  await bench.git(["push", "--quiet", "--force", bench.remote, "main"], clone);

  await approve();
  await until(
    "it is rebased",
    async () => statesOf(bot).filter((at) => at === "reviewing").length > 1,
  );
  await approve();
  await bot.ended;

  expect(await bench.fileOn("main", "tea.txt")).toBe("hello\n");
  await bench.git(["fetch", "--quiet", bench.remote, "main"], clone);
  expect(await bench.git(["log", "--format=%an", "FETCH_HEAD"], clone)).toBe("bot\nada\n");
});

test("a push that a rule of the forge refuses is tried within its budget; then a person is asked, once", async () => {
  const rule = { rule_name: "fix/**", enable_push: false };
  await bench.forge.admin("POST", `${bench.repositoryPath}/branch_protections`, rule);
  const number = await bench.issue("tea");

  await bench.start({ once: true }).ended;

  expect(await bench.labelsOf(number)).toEqual(["blocked"]);
  expect(await bench.commentsOf(number)).toEqual([expect.stringContaining("refuses every push")]);
});

test("an issue as an older installation leaves it is leased, resumed from its branch and finished", async () => {
  const number = await bench.issue("tea", { names: ["in-progress"] });
  await bench.forge.admin("PATCH", `${bench.repositoryPath}/issues/${number}`, {
    assignees: ["bot"],
  });
  await bench.commitFile("half.txt", { text: "half\n", branch: `fix/issue-${number}` });

  const bot = bench.start({ once: true });
  await reached(bot, "reviewing");
  await approve();
  await bot.ended;

  expect(await bench.fileOn("main", "half.txt")).toBe("half\n");
  expect(await bench.fileOn("main", "tea.txt")).toBe("hello\n");
});

test("a token that is revoked makes the bot say so and be unhealthy, not end", async () => {
  await bench.issue("tea");
  const bot = bench.start({ name: "revoked" });
  await reached(bot, "reviewing");
  expect(bot.tools.progress.isStuck).toBe(false);

  await bench.revoke("revoked");
  await until("it says so", async () =>
    bot.events.some(({ code }) => code === "forge.unauthorized"),
  );

  expect(bot.tools.progress.isStuck).toBe(true);
  await expect(bot.tools.projects.get("shop")?.mirror.refresh()).rejects.toMatchObject({
    code: "forge.unauthorized",
  });
});

test("a head that was pushed by a bot that did not live to tell is gone on with, not coded anew", async () => {
  const number = await bench.issue("tea");
  const first = bench.start({
    change: (tools) => {
      const [target] = tools.projects.values();
      if (!target) throw new Error("no project");
      const open = () => new Promise<never>(() => undefined);
      const pulls = { ...target.pulls, open };
      return { ...tools, projects: new Map([["shop", { ...target, pulls }]]) };
    },
  });
  await until("the head is pushed", async () =>
    (await bench.refs()).has(`refs/heads/fix/issue-${number}`),
  );
  first.kill();
  await rm(bench.home(), { recursive: true });

  const second = bench.start({ once: true });
  await reached(second, "reviewing");
  await approve();
  await second.ended;

  expect(statesOf(second)).not.toContain("coding");
  expect(await bench.pulls()).toMatchObject([{ merged: true }]);
});
