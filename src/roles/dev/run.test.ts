import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { askForFile, BotFixture, nodeScript, statesOf } from "../../../test/support/bot-fixture.ts";
import { until } from "../../../test/support/test-factory.ts";

let bench: BotFixture;

beforeAll(async () => {
  bench = await BotFixture.open(["bot", "other"]);
});

beforeEach(() => bench.newRepository());

afterAll(() => bench.close());

async function approveOnce(): Promise<void> {
  const [pull] = await until("a pull request", async () => {
    const pulls = await bench.pulls();
    return pulls.length > 0 && pulls;
  });
  if (!pull) throw new Error("no pull request");
  await bench.approve(Number(pull.number), String(pull.head?.sha));
}

test("an issue is merged once, and nothing of it is left: no lease, no branch, no folder, no label", async () => {
  const number = await bench.issue("tea");
  const bot = bench.start({ once: true });
  await approveOnce();
  await bot.ended;

  expect(await bench.fileOn("main", "tea.txt")).toBe("hello\n");
  expect([...(await bench.refs()).keys()].filter((ref) => /disinto|fix/.test(ref))).toEqual([]);
  expect(await bench.labelsOf(number)).toEqual(["backlog"]);
  expect((await bench.get(`/issues/${number}`)).state).toBe("closed");
  expect(await bot.tools.projects.get("shop")?.folders.list()).toEqual([]);
  expect(statesOf(bot)).toEqual([
    ...["preparing", "coding", "publishing", "checking", "reviewing", "merging", "closing"],
  ]);
});

test("what a harness claims falsely counts for nothing, and a refusal with a reason blocks the issue once", async () => {
  const lying = await bench.issue("lie", { body: "Do it." });
  const liar = bench.start({ once: true, command: nodeScript("console.log('all done!')") });
  await liar.ended;
  const [said = "", ...others] = await bench.commentsOf(lying);

  expect(others).toEqual([]);
  expect(said).toContain(
    "the budget for attempts is exhausted: the harness ended without changing a file",
  );
  expect(said).toContain(`disinto retry ${lying}`);
  expect(await bench.labelsOf(lying)).toEqual(["blocked"]);

  const big = await bench.issue("big", { body: "Do everything." });
  const verdict = JSON.stringify({ refused: "too-large", reason: "it is ten issues" });
  const refuser = bench.start({
    once: true,
    command: nodeScript(`fs.writeFileSync(process.env.DISINTO_RESULT, ${JSON.stringify(verdict)})`),
  });
  await refuser.ended;

  expect((await bench.commentsOf(big))[0]).toContain("too-large: it is ten issues");
  expect(statesOf(refuser)).toEqual(["preparing", "coding", "blocked"]);
  expect(await bench.pulls()).toEqual([]);
});

test("protected paths are not pushed without leave; with it, a person is asked to merge what was approved", async () => {
  const body = askForFile(".woodpecker/test.yml", "steps: []");
  const refused = await bench.issue("ci", { body });
  await bench.start({ once: true }).ended;

  expect((await bench.commentsOf(refused))[0]).toContain("disinto/protected-paths");
  expect([...(await bench.refs()).keys()].filter((ref) => ref.includes("fix/"))).toEqual([]);

  const allowed = await bench.issue("ci again", {
    body,
    names: ["backlog", "disinto/protected-paths"],
  });
  const bot = bench.start({ once: true });
  await approveOnce();
  await bot.ended;

  const [pull] = await bench.pulls();
  expect(pull).toMatchObject({ state: "open", merged: false });
  expect((await bench.commentsOf(allowed))[0]).toMatch(
    /approved and touches protected paths.*\.woodpecker\/test\.yml/,
  );
  expect(await bench.labelsOf(allowed)).toEqual(["blocked", "disinto/protected-paths"]);
});

test("a bot told to stop keeps what the harness has written, and goes on from there in its next life", async () => {
  await bench.issue("tea");
  const slow =
    'fs.writeFileSync("half.txt", "half"); console.log("on it"); setInterval(() => {}, 1000);';
  const first = bench.start({ command: nodeScript(slow) });
  const folders = first.tools.projects.get("shop")?.folders;
  await until("the harness has begun", async () =>
    (await folders?.list())?.some(({ bytes }) => bytes > 0),
  );
  await until("it has written", async () =>
    existsSync(
      path.join(
        bench.home(),
        "repos/dev/root",
        path.basename(bench.repositoryPath),
        "work/issue-1/half.txt",
      ),
    ),
  );
  await first.stop();

  expect(await bench.journal()).toMatchObject({
    at: "coding",
    work: { parked: expect.any(String) },
  });
  expect([...(await bench.refs()).keys()]).toContain("refs/disinto/claims/1");

  const whole = 'fs.writeFileSync("whole.txt", fs.readFileSync("half.txt", "utf8") + " and half");';
  const second = bench.start({ once: true, command: nodeScript(whole) });
  await approveOnce();
  await second.ended;

  expect(await bench.fileOn("main", "whole.txt")).toBe("half and half");
});
