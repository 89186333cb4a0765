/** The moment between the last look and the merge, which cannot be taken back: what comes in between is not merged. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Claim } from "../../src/bot/leases/claim.ts";
import { LeaseLost } from "../../src/bot/leases/claim.ts";
import type { BotTools, ProjectTools } from "../../src/bot/tools.ts";
import { merge } from "../../src/roles/dev/activities/merging.ts";
import type { PublishedWork } from "../../src/roles/dev/work.ts";
import {
  closeScene,
  fileNamed,
  openScene,
  publishReady,
  readMain,
  scene,
  startBot,
  stopBots,
} from "../support/dev-scene.ts";
import { repo } from "../support/factory-description.ts";
import type { TestBot } from "../support/test-bot.ts";

beforeAll(openScene, 120_000);
afterEach(stopBots);
afterAll(closeScene);

/** The bot with some of its project's tools replaced. */
function mergeWith(bot: TestBot, work: PublishedWork, change: Partial<ProjectTools>) {
  const target = { ...bot.target, ...change } as ProjectTools;
  const tools: BotTools = { ...bot.tools, projects: new Map([["greeter", target]]) };
  return merge(tools, { at: "merging", work }, bot.signal);
}

test("a push between the last look and the merge is not merged, and the primary branch stays", async () => {
  const bot = startBot("dev-1");
  const work = await publishReady(bot, "Window", fileNamed("window"));
  const before = await readMain();
  const { pulls } = bot.target;

  const outcome = await mergeWith(bot, work, {
    pulls: {
      ...pulls,
      merge: async (number, headSha) => {
        await bot.push(work, fileNamed("sneaked-in"));
        return pulls.merge(number, headSha);
      },
    },
  });

  expect(outcome.type).not.toBe("merged");
  expect(await readMain()).toBe(before);
});

test("a primary branch that moves during the merge means a rebase, and nothing untested lands", async () => {
  const [ada, eve] = [startBot("dev-1"), startBot("dev-2")];
  const work = await publishReady(ada, "Mine", fileNamed("mine"));
  const other = await publishReady(eve, "Theirs", fileNamed("theirs"));
  const { pulls } = ada.target;

  const outcome = await mergeWith(ada, work, {
    pulls: {
      ...pulls,
      merge: async (number, headSha) => {
        await eve.target.pulls.merge(other.pull, other.head);
        return pulls.merge(number, headSha);
      },
    },
  });

  expect(outcome).toMatchObject({ type: "rebased" });
  expect(await readMain()).toBe(other.head);
});

test("what people did during the merge holds for the push of the rebase too: nothing is pushed", async () => {
  const [ada, eve] = [startBot("dev-1"), startBot("dev-2")];
  const work = await publishReady(ada, "Stopped", fileNamed("stopped"));
  const other = await publishReady(eve, "Faster", fileNamed("faster"));
  const { pulls } = ada.target;

  const outcome = await mergeWith(ada, work, {
    pulls: {
      ...pulls,
      merge: async (number, headSha) => {
        await eve.target.pulls.merge(other.pull, other.head);
        const change = { add: ["blocked"], remove: [] };
        await scene.forge.issues(repo).relabel(work.issue, change);
        return pulls.merge(number, headSha);
      },
    },
  });

  expect(outcome).toEqual({ type: "withdrawn", why: "blocked" });
  expect((await pulls.get(work.pull)).headSha).toBe(work.head);
});

test("a process that wakes up after its lease's term merges nothing", async () => {
  const bot = startBot("dev-1");
  const work = await publishReady(bot, "Late", fileNamed("late"));
  const before = await readMain();
  const { claims, pulls } = bot.target;
  const asked: number[] = [];
  const late = {
    assertHeld: () => {
      throw new LeaseLost("the term has passed");
    },
  } as unknown as Claim;

  const merging = mergeWith(bot, work, {
    pulls: {
      ...pulls,
      merge: async (number) => {
        asked.push(number);
        return { type: "accepted" };
      },
    },
    claims: {
      isHeld: (ref: string) => claims.isHeld(ref),
      withLease: (
        _: number,
        signal: AbortSignal,
        act: (claim: Claim, signal: AbortSignal) => unknown,
      ) => act(late, signal),
    } as unknown as ProjectTools["claims"],
  });

  await expect(merging).rejects.toBeInstanceOf(LeaseLost);
  expect(asked).toEqual([]);
  expect(await readMain()).toBe(before);
});
