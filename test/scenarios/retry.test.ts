/** Work that a new claim finds on the forge: what CI said of it before is not what it would say now. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { ProjectTools } from "../../src/bot/tools.ts";
import { check } from "../../src/roles/dev/activities/checking.ts";
import { prepare } from "../../src/roles/dev/activities/preparing.ts";
import { type State, turn } from "../../src/roles/dev/machine.ts";
import type { PublishedWork } from "../../src/roles/dev/work.ts";
import {
  closeScene,
  fileNamed,
  openScene,
  postStatus,
  publishReady,
  startBot,
  stopBots,
  tryCheck,
  tryMerge,
} from "../support/dev-scene.ts";
import type { TestBot } from "../support/test-bot.ts";

beforeAll(openScene, 120_000);
afterEach(stopBots);
afterAll(closeScene);

/** As `disinto retry` leaves it: the lease with its facts is gone, branch and pull request stay. */
async function find(bot: TestBot, { issue, title, pin }: PublishedWork): Promise<PublishedWork> {
  const work = { project: "greeter", issue, title, pin, counters: {} };
  const outcome = await prepare(bot.tools, { at: "preparing", work }, bot.signal);
  if (outcome.type !== "published-before") throw new Error(outcome.type);
  return outcome.work;
}

test("red of an earlier day is not believed where the primary branch has moved: the head is rebased and CI runs anew", async () => {
  const [bot, other] = [startBot("dev-1"), startBot("dev-2")];
  const work = await publishReady(bot, "old", fileNamed("old"));
  await postStatus(work.head, "failure");
  await tryMerge(other, await publishReady(other, "mend", fileNamed("mend")));
  const found = await find(bot, work);

  expect(await tryCheck(bot, work)).toMatchObject({ type: "red" });
  expect(await tryCheck(bot, found)).toEqual({ type: "behind" });

  const rebased = await tryMerge(bot, found);
  if (rebased.type !== "rebased") throw new Error(rebased.type);
  await postStatus(rebased.head, "success");
  const again = { ...found, head: rebased.head, pushed: rebased.head };
  expect(await tryCheck(bot, again)).toMatchObject({ type: "green" });
});

test("where it builds on the primary branch already, CI runs once more, and what it says then counts", async () => {
  const bot = startBot("dev-1");
  const work = await publishReady(bot, "same", fileNamed("same"));
  await postStatus(work.head, "failure");
  const found = await find(bot, work);
  const asked: unknown[] = [];
  const ci: ProjectTools["ci"] = {
    ...bot.target.ci,
    explain: async (_, red) => red.map(({ context }) => ({ context, kind: "real", log: "" })),
    retry: async (sha, contexts) => {
      asked.push([sha, contexts]);
      return true;
    },
  };
  const projects = new Map([["greeter", { ...bot.target, ci }]]);
  const tools = { ...bot.tools, projects };
  const activities = {
    checking: (state: State<"checking">) => check(tools, state, bot.signal),
  } as unknown as Parameters<typeof turn>[1]["activities"];
  const budget = {
    attempts: 1,
    ciFixes: 1,
    reviewRounds: 1,
    infrastructureRetries: 1,
    mergeAttempts: 1,
  };
  const go = (state: State) => turn(state, { activities, budget }, bot.signal);

  const once = await go({ at: "checking", work: found });
  const twice = await go(once);

  expect(asked).toEqual([[work.head, ["ci/local/test"]]]);
  expect(once.at).toBe("checking");
  expect(twice).toMatchObject({ at: "preparing", work: { counters: { ciFixes: 1 } } });
});

test("a CI that cannot be asked gets the same change as a head that is new to it", async () => {
  const bot = startBot("dev-1");
  const work = await publishReady(bot, "elsewhere", fileNamed("elsewhere"));
  await postStatus(work.head, "failure");
  const found = await find(bot, work);

  const answer = await tryCheck(bot, found);

  if (answer.type !== "resent") throw new Error(answer.type);
  expect(answer.head).not.toBe(work.head);
  const { objects } = bot.target.mirror;
  expect(await objects.treeOf(answer.head)).toBe(await objects.treeOf(work.head));
  const again = { ...work, head: answer.head, pushed: answer.head };
  await postStatus(answer.head, "failure");
  expect(await tryCheck(bot, again)).toMatchObject({ type: "red" });
});
