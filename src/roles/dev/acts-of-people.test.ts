/** What people do to an issue while a bot works on it stops the bot within a poll, on a real forge. */
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
  bench = await BotFixture.open();
});

beforeEach(() => bench.newRepository());

afterAll(() => bench.close());

const claim = (issue: number) => `refs/disinto/claims/${issue}`;

async function reached(bot: Running, at: string): Promise<void> {
  await until(`the bot is at ${at}`, async () => statesOf(bot).includes(at));
}

/** Holds its session for as long as it may. */
const endless = nodeScript("setInterval(() => {}, 1000)");

async function idOf(label: string): Promise<string> {
  const labels = (await bench.get("/labels")) as unknown as readonly { id: number; name: string }[];
  return String(labels.find(({ name }) => name === label)?.id);
}

async function unlabel(number: number, label: string): Promise<void> {
  await bench.ada("DELETE", `${bench.repositoryPath}/issues/${number}/labels/${await idOf(label)}`);
}

async function expectLetGo(bot: Running, number: number, words: RegExp): Promise<void> {
  expect(statesOf(bot).at(-1)).toBe("withdrawing");
  expect((await bench.refs()).has(claim(number))).toBe(false);
  expect(await bench.commentsOf(number)).toEqual([expect.stringMatching(words)]);
}

test("blocked, put on while it codes, ends the session; taken off, the work goes on", async () => {
  const number = await bench.issue("tea");
  const bot = bench.start({ once: true, command: endless });
  await reached(bot, "coding");

  await bench.label(number, ["blocked"]);
  await bot.ended;

  await expectLetGo(bot, number, /label `blocked` was added/);
  expect(await bench.labelsOf(number)).toEqual(["backlog", "blocked"]);

  await unlabel(number, "blocked");
  const again = bench.start({ once: true });
  await reached(again, "reviewing");
});

test("backlog and in-progress, taken off while it waits for a review, take the issue from it", async () => {
  const number = await bench.issue("tea");
  const bot = bench.start({ once: true });
  await reached(bot, "reviewing");

  await unlabel(number, "in-progress");
  await unlabel(number, "backlog");
  await bot.ended;

  await expectLetGo(bot, number, /was removed while I worked on this/);
  expect(await bench.labelsOf(number)).toEqual([]);
  expect(await bench.pulls()).toMatchObject([{ state: "open", merged: false }]);
});

test("a bot that is unassigned while it codes lets go, and none takes the issue before it is in the backlog again", async () => {
  const number = await bench.issue("tea");
  const bot = bench.start({ once: true, command: endless });
  await reached(bot, "coding");

  await bench.ada("PATCH", `${bench.repositoryPath}/issues/${number}`, { assignees: [] });
  await bot.ended;

  await expectLetGo(bot, number, /unassigned/);
  expect(await bench.labelsOf(number)).toEqual([]);
});

test("a person who takes an issue over while CI runs has it, and stays assigned", async () => {
  const number = await bench.issue("tea");
  const ci = { provider: "external", required: ["ci/test"], whenAbsent: "block" } as const;
  const bot = bench.start({ once: true, project: { ci } });
  await reached(bot, "checking");

  await bench.ada("PATCH", `${bench.repositoryPath}/issues/${number}`, { assignees: ["ada"] });
  await bot.ended;

  await expectLetGo(bot, number, /assigned to someone else/);
  expect(await bench.get(`/issues/${number}`)).toMatchObject({ assignees: [{ login: "ada" }] });
});

test("a pull request that is turned to another branch, or made a draft, is not merged: the issue is blocked", async () => {
  await bench.commitFile("next.txt", { branch: "next" });
  for (const change of [{ base: "next" }, { title: "WIP: tea" }]) {
    const number = await bench.issue("tea");
    const bot = bench.start({ once: true });
    await reached(bot, "reviewing");
    const [pull] = (await bench.pulls()).filter(({ state }) => String(state) === "open");
    await bench.ada("PATCH", `${bench.repositoryPath}/pulls/${pull?.number}`, change);
    await bench.approve(Number(pull?.number), String(pull?.head?.sha));
    await bot.ended;

    expect(await bench.labelsOf(number)).toEqual(["blocked"]);
    expect((await bench.commentsOf(number)).join()).toMatch(/turned to the branch next|a draft/);
    expect((await bench.pulls()).some(({ merged }) => Boolean(merged))).toBe(false);
    await bench.ada("PATCH", `${bench.repositoryPath}/pulls/${pull?.number}`, { state: "closed" });
    await bench.ada("PATCH", `${bench.repositoryPath}/issues/${number}`, { state: "closed" });
  }
});

test("a dependency that is opened before the merge keeps it from being done", async () => {
  const [owner, repo] = bench.repositoryPath.slice("/repos/".length).split("/");
  const number = await bench.issue("tea");
  const bot = bench.start();
  await reached(bot, "reviewing");
  const needed = await bench.issue("cup", { names: [] });
  const index = { owner, repo, index: needed };
  await bench.ada("POST", `${bench.repositoryPath}/issues/${number}/dependencies`, index);

  const [pull] = await bench.pulls();
  await bench.approve(Number(pull?.number), String(pull?.head?.sha));
  await until("it is let go", async () => !(await bench.refs()).has(claim(number)));

  await expectLetGo(bot, number, /depends on is open/);
  expect(await bench.pulls()).toMatchObject([{ merged: false }]);
});

test("the title of an issue closes nothing, marks nothing as a draft, and is readable on the primary branch", async () => {
  const planned = await bench.issue("planned", { names: [] });
  const title = `WIP: say that fix #${planned} is planned, ask @ada [skip ci]\u200b`;
  await bench.issue(title, { body: askForFile("tea.txt") });
  const bot = bench.start({ once: true });
  await reached(bot, "reviewing");
  const [pull] = await bench.pulls();
  await bench.approve(Number(pull?.number), String(pull?.head?.sha));
  await bot.ended;

  const shown = `(WIP) say that fix issue #${planned} is planned, ask \`@ada\` (skip ci)`;
  expect(await bench.get(`/issues/${planned}`)).toMatchObject({ state: "open" });
  expect(await bench.pulls()).toMatchObject([{ title: shown, merged: true }]);
  const { commit } = await bench.get("/branches/main");
  expect(String(commit?.message).split("\n")[0]).toBe(shown);
});

test("a branch of another tracker is not taken for the bot's own, nor one that stands in the way paid for", async () => {
  const number = await bench.issue("tea", { names: [] });
  await bench.commitFile("idea.txt", { branch: `fix/issue-${number}` });
  const before = (await bench.refs()).get(`refs/heads/fix/issue-${number}`);
  await bench.label(number, ["backlog"]);
  const bot = bench.start({ once: true });
  await bot.ended;

  expect(statesOf(bot)).toEqual(["preparing", "blocked"]);
  expect(await bench.commentsOf(number)).toEqual([
    expect.stringMatching(/nothing shows that a bot/),
  ]);
  expect((await bench.refs()).get(`refs/heads/fix/issue-${number}`)).toBe(before);
  expect(await bench.pulls()).toEqual([]);

  const second = await bench.issue("cup", { names: [] });
  await bench.commitFile("cup.txt", { branch: `fix/issue-${second}/idea` });
  await bench.label(second, ["backlog"]);
  const again = bench.start({ once: true });
  await again.ended;

  expect(statesOf(again)).toEqual(["preparing", "blocked"]);
  expect(await bench.commentsOf(second)).toEqual([expect.stringContaining(`/idea is where my`)]);

  const prefixed = bench.start({ once: true, project: { branchPrefix: "bots/" } });
  await unlabel(second, "blocked");
  await bench.label(second, ["backlog"]);
  await reached(prefixed, "reviewing");
  expect(await bench.pulls()).toMatchObject([{ head: { ref: `bots/${second}` } }]);
});

test("a label that the forge did not keep is no act of a person, and the work is merged", async () => {
  await bench.forge.admin("DELETE", `${bench.repositoryPath}/labels/${await idOf("in-progress")}`);
  await bench.issue("tea");
  const bot = bench.start({ once: true });
  await reached(bot, "reviewing");
  const [pull] = await bench.pulls();
  await bench.approve(Number(pull?.number), String(pull?.head?.sha));
  await bot.ended;

  expect(await bench.fileOn("main", "tea.txt")).toBe("hello\n");
});
