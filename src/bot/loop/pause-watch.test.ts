import { expect, test } from "vitest";
import { calmWorld, finish, pass } from "../../../test/support/lease-bots.ts";
import { Process } from "../../../test/support/lease-world.ts";
import type { BotEvent } from "../../ports/event-log.ts";
import { findPause, listPauses, pause, resume } from "../leases/pauses.ts";
import { PauseWatch } from "./pause-watch.ts";

const POLL_MS = 10_000;

function start() {
  const world = calmWorld();
  const [person, bot] = [new Process("person"), new Process("ada")];
  const mirror = world.mirrorOf(bot);
  const clock = world.clockOf(bot);
  const events: BotEvent[] = [];
  const find = () => findPause(mirror, "ada");
  const log = { append: (event: BotEvent) => void events.push(event) };
  const watch = new PauseWatch({ find, clock, events: log, pollIntervalMs: POLL_MS });
  const tools = { mirror: world.mirrorOf(person), clock: world.clockOf(person) };
  return { world, watch, tools, events, clock };
}

const by = { by: "root", reason: "for the night" };
const signal = new AbortController().signal;

test.each([
  ["the bot", "ada"],
  ["the factory", undefined],
])(
  "an act ends within a poll once %s is paused, and begins again once that is taken back",
  async (_, bot) => {
    const { world, watch, tools, events, clock } = start();
    let ended = 0;
    const act = async (over: AbortSignal) => {
      await clock.sleep(10 * POLL_MS, over);
      ended = over.aborted ? world.nowMs : -1;
      return "went" as const;
    };

    const running = watch.run(signal, act);
    await pass(world, POLL_MS / 2);
    await finish(world, pause(tools, [bot], by));
    const pausedAtMs = world.nowMs;
    expect(await finish(world, running)).toBe("went");
    expect(ended - pausedAtMs).toBeGreaterThan(0);
    expect(ended - pausedAtMs).toBeLessThan(1.5 * POLL_MS);

    expect(await finish(world, watch.run(signal, act))).toBe("paused");
    await finish(world, resume(tools, "everybody"));
    await pass(world, POLL_MS);
    expect(
      await finish(
        world,
        watch.run(signal, async () => "went"),
      ),
    ).toBe("went");
    expect(events).toEqual([
      { type: "bot.paused", person: "root", reason: "for the night" },
      { type: "bot.resumed" },
    ]);
  },
);

test("another bot's pause stops nobody else", async () => {
  const { world, watch, tools } = start();

  await finish(world, pause(tools, ["bea"], by));

  expect(
    await finish(
      world,
      watch.run(signal, async () => "went"),
    ),
  ).toBe("went");
});

test("who is paused twice is told so, and one name may be taken back of several", async () => {
  const { world, tools } = start();

  expect(await finish(world, pause(tools, ["ada", undefined], by))).toEqual(["ada", undefined]);
  expect(await finish(world, pause(tools, ["ada", "bea"], by))).toEqual(["bea"]);
  expect(await finish(world, resume(tools, ["ada", "cleo"]))).toEqual(["ada"]);
  const left = await finish(world, listPauses(tools.mirror));

  expect(left).toMatchObject([{ bot: undefined, by: "root" }, { bot: "bea" }]);
});

test("a ref whose commit says nothing that can be read stops the bot all the same", async () => {
  const { world, watch, tools } = start();
  const to = await finish(world, tools.mirror.objects.note("no JSON"));
  await finish(
    world,
    tools.mirror.swap([{ ref: "refs/disinto/pauses/factory", from: undefined, to }]),
  );

  expect(
    await finish(
      world,
      watch.run(signal, async () => "went"),
    ),
  ).toBe("paused");
});

test("what is ended in its midst by a pause is no failure; what fails by itself is one", async () => {
  const { world, watch, tools, clock } = start();
  const fail = async (over: AbortSignal) => {
    await clock.sleep(3 * POLL_MS, over);
    throw new Error("it failed");
  };

  await expect(finish(world, watch.run(signal, fail))).rejects.toThrow("it failed");
  const running = watch.run(signal, fail);
  await finish(world, pause(tools, ["ada"], by));
  expect(await finish(world, running)).toBe("paused");
});
