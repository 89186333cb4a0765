import { beforeEach, expect, test } from "vitest";
import { calmWorld, finish, pass } from "../../../test/support/lease-bots.ts";
import { Process, type World } from "../../../test/support/lease-world.ts";
import type { Budgets } from "../../core/budgets.ts";
import type { BotEvent } from "../../ports/event-log.ts";
import { NO_USAGE, type SessionEnd } from "../../ports/harness.ts";
import type { Account } from "./account.ts";
import { limitByBudget } from "./budget-harness.ts";
import { Ledger } from "./ledger.ts";
import { Spending, type SpendingTools } from "./spending.ts";

const POLL_MS = 10_000;

let world: World;
beforeEach(() => {
  world = calmWorld();
});

interface Options {
  readonly budgets?: Budgets;
  readonly prices?: ReturnType<SpendingTools["pricesOf"]>;
  /** What an earlier life kept on disk. */
  readonly disk?: { kept: unknown };
  readonly day?: () => string;
}

function start(
  bot: string,
  { budgets = {}, prices, disk = { kept: undefined }, day }: Options = {},
) {
  const process = new Process(bot);
  const mirror = world.mirrorOf(process);
  const now = () => new Date(day ? `${day()}T12:00:00Z` : "2026-01-31T12:00:00Z");
  const clock = { ...world.clockOf(process), now };
  const events: BotEvent[] = [];
  const newNonce = () => String(world.draw());
  const ledger = new Ledger({ mirror, clock, bot, newNonce });
  const spending = new Spending({
    ledger,
    clock,
    events: { append: (event: BotEvent) => void events.push(event) },
    bot,
    model: "qwen",
    pollIntervalMs: POLL_MS,
    random: () => world.draw(),
    budgetsOf: () => budgets,
    pricesOf: () => prices,
    journal: {
      load: async () => disk.kept as never,
      save: async (entry) => {
        disk.kept = structuredClone(entry);
      },
    },
  });
  return { spending, ledger, events, clock, disk, process };
}

const subject = { project: "shop", role: "dev", issue: 7 };
const used = (inputTokens: number, outputTokens = 0) => ({ inputTokens, outputTokens, money: 0 });

async function open(bot: ReturnType<typeof start>, tokens?: number, about = subject) {
  const opened = await finish(
    world,
    bot.spending.open(about, tokens === undefined ? {} : { tokens }),
  );
  return opened.type === "opened" ? opened.account : opened.reached.reason;
}

async function spend(bot: ReturnType<typeof start>, tokens: number, about = subject) {
  const account = (await open(bot, undefined, about)) as Account;
  await finish(world, account.note(used(tokens)));
  await finish(world, account.close(undefined));
}

async function rows(bot: ReturnType<typeof start>) {
  return (await finish(world, bot.ledger.readAll())).rows;
}

test("what sessions took is added up by bot, issue and model, and stands in the books of all", async () => {
  const [ada, bea] = [start("ada"), start("bea")];

  await spend(ada, 100);
  await spend(ada, 20);
  await spend(bea, 3, { ...subject, role: "review" });

  expect(await rows(bea)).toMatchObject([
    {
      bot: "ada",
      project: "shop",
      issue: 7,
      model: "qwen",
      sessions: 2,
      inputTokens: 120,
      unpriced: 120,
    },
    { bot: "bea", role: "review", sessions: 1, inputTokens: 3 },
  ]);
  expect(await finish(world, ada.spending.sumIssue("shop", 7))).toMatchObject({
    sessions: 3,
    inputTokens: 123,
  });
});

test("the operator's price is taken before the agent's, and a model without any has none", async () => {
  const dear = start("ada", {
    prices: { "q*": { input: 3, output: 15 }, "*": { input: 9, output: 9 } },
  });
  const said = start("bea");

  const account = (await open(dear)) as Account;
  await finish(world, account.close({ inputTokens: 1_000_000, outputTokens: 100_000, money: 77 }));
  const other = (await open(said)) as Account;
  await finish(world, other.close({ inputTokens: 10, outputTokens: 0, money: 0.5 }));

  expect(await rows(dear)).toMatchObject([
    { money: 4.5, unpriced: 0 },
    { money: 0.5, unpriced: 0 },
  ]);
});

test("a bot that was killed books what its file knows, once, in whatever life", async () => {
  const first = start("ada");
  const account = (await open(first)) as Account;
  await finish(world, account.note(used(40, 2)));
  first.process.dead = true;

  const second = start("ada", { disk: first.disk });
  const third = start("ada", { disk: { kept: structuredClone(first.disk.kept) } });
  await spend(second, 8);
  await spend(third, 1);

  expect(await rows(second)).toMatchObject([{ sessions: 3, inputTokens: 49, outputTokens: 2 }]);
});

test("without its file, it books what it told the others last", async () => {
  const first = start("ada", { budgets: { factory: { day: { tokens: 1_000 } } } });
  const account = (await open(first)) as Account;
  await finish(world, account.note(used(40)));
  await finish(world, account.refuse());
  first.process.dead = true;

  const second = start("ada");
  await spend(second, 2);

  expect(await rows(second)).toMatchObject([{ sessions: 2, inputTokens: 42 }]);
});

test("a used-up day stops the next session of every bot, and the turn of one that runs; the next day is free", async () => {
  let day = "2026-01-31";
  const options = { budgets: { project: { day: { tokens: 100 } } }, day: () => day };
  const [ada, bea] = [start("ada", options), start("bea", options)];
  const running = (await open(bea)) as Account;
  expect(await finish(world, running.refuse())).toBeUndefined();

  await spend(ada, 100);

  const told =
    "the budget of shop of 2026-01-31 is used up, or reserved by what runs: 100 tokens of 100 tokens";
  expect(await open(ada)).toBe(told);
  expect(await finish(world, ada.spending.findHeld("shop"))).toBe(told);
  expect(await finish(world, running.refuse())).toBe(told);
  await finish(world, running.close(undefined));
  day = "2026-02-01";
  expect(await finish(world, ada.spending.findHeld("shop"))).toBeUndefined();
  expect(typeof (await open(ada))).toBe("object");
  expect(ada.events).toMatchObject([
    { type: "budget.reached", level: "hard", budget: "the budget of shop of 2026-01-31" },
    { type: "budget.free", budget: "the budget of shop of 2026-01-31" },
  ]);
});

test("a session reserves what is left and no more: others wait, it goes on itself, and what it did not use is free again", async () => {
  const options = { budgets: { factory: { day: { tokens: 100 } } } };
  const [ada, bea] = [start("ada", options), start("bea", options)];

  const mine = (await open(ada, 5_000)) as Account;
  expect(await open(bea, 10)).toContain("reserved by what runs");
  await finish(world, mine.note(used(60)));
  expect(await finish(world, mine.refuse())).toBeUndefined();
  await finish(world, mine.close(undefined));

  const theirs = (await open(bea, 10)) as Account;
  expect(await open(ada, 5_000)).toBeTypeOf("object");
  await finish(world, theirs.close(used(10)));
  expect(await finish(world, ada.ledger.readAll())).toMatchObject({
    open: [{ most: { tokens: 30 } }],
  });
});

test.each([1, 2, 3, 4, 5])(
  "of five bots that begin at once no two get the same rest (%i)",
  async (seed) => {
    for (let i = 0; i < seed; i++) world.draw();
    const options = { budgets: { factory: { day: { tokens: 100 } } } };
    const bots = ["ada", "bea", "cleo", "dora", "eva"].map((name) => start(name, options));

    const opening = bots.map(({ spending }) => spending.open(subject, { tokens: 60 }));
    await finish(world, Promise.all(opening));
    const { open: reserved } = await finish(world, start("zoe").ledger.readAll());

    const sum = reserved.reduce((total, { most }) => total + (most.tokens ?? 0), 0);
    expect(sum).toBeLessThanOrEqual(100);
  },
);

test("an issue's budget ends its session as a fault of the issue's, a day's as one that passes, and nothing begins without either", async () => {
  const bot = start("ada", { budgets: { bot: { issue: { tokens: 50 } } } });
  const ended: SessionEnd[] = [];
  const harness = limitByBudget(
    {
      run: async ({ meter }) => {
        meter?.start();
        await meter?.note(used(50));
        const reason = (await meter?.refuse()) ?? "it was let through";
        const usage = { ...NO_USAGE, inputTokens: 50 };
        return { type: "failed", fault: "budget", reason, output: "", usage };
      },
    },
    {
      spending: bot.spending,
      role: "dev",
      clock: bot.clock,
      pollIntervalMs: POLL_MS,
      onWaiting: () => undefined,
    },
  );
  const session = {
    about: { project: "shop", issue: 7 },
    folder: "",
    prompt: "",
    environment: {},
    timeoutMs: 60_000,
    silenceMs: 60_000,
    signal: new AbortController().signal,
  };

  ended.push(await finish(world, harness.run(session)));
  ended.push(await finish(world, harness.run(session)));
  const other = await finish(
    world,
    harness.run({ ...session, about: { project: "shop", issue: 8 } }),
  );

  expect(ended).toMatchObject([
    { fault: "budget", of: "request", usage: { inputTokens: 50 } },
    { fault: "budget", of: "request", usage: { inputTokens: 0 } },
  ]);
  expect(other).toMatchObject({ usage: { inputTokens: 50 } });
  expect(await rows(bot)).toMatchObject([
    { issue: 7, sessions: 1, inputTokens: 50 },
    { issue: 8, sessions: 1, inputTokens: 50 },
  ]);
});

test("a soft limit is told once and stops nothing", async () => {
  const bot = start("ada", { budgets: { factory: { day: { soft_tokens: 50 } } } });

  await spend(bot, 50);
  await spend(bot, 50);
  await spend(bot, 50);

  expect(bot.events).toMatchObject([{ type: "budget.reached", level: "soft" }]);
});

test("a ledger older than ninety days goes", async () => {
  let day = "2026-01-01";
  const bot = start("ada", { day: () => day });
  await spend(bot, 1);
  day = "2026-06-01";
  await spend(bot, 2);
  await pass(world, POLL_MS);

  expect(await rows(bot)).toMatchObject([{ day: "2026-06-01", inputTokens: 2 }]);
});

test("a session over its project's soft limit is told once, and not any more when it has ended", async () => {
  const bot = start("ada", { budgets: { project: { session: { soft_tokens: 50 } } } });
  const account = (await open(bot)) as Account;

  await finish(world, account.note(used(49)));
  expect(await finish(world, account.refuse())).toBeUndefined();
  expect(bot.events).toEqual([]);
  await finish(world, account.note(used(50)));
  expect(await finish(world, account.refuse())).toBeUndefined();
  expect(await finish(world, account.refuse())).toBeUndefined();
  await finish(world, account.close(undefined));

  const budget = "the budget of a session of ada as dev";
  expect(bot.events).toMatchObject([
    { type: "budget.reached", level: "soft", budget, issue: 7 },
    { type: "budget.free", budget },
  ]);
});
