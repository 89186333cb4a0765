import { expect, test } from "vitest";
import {
  calmWorld,
  finish,
  pass,
  startInWorld as start,
  termMs,
} from "../../../test/support/lease-bots.ts";
import { type Process, World } from "../../../test/support/lease-world.ts";
import type { Slots } from "./slots.ts";

const never = new AbortController().signal;
const names = ["ada", "bea", "cleo", "dora", "eve", "fay", "gwen", "hope"];

interface Sessions {
  readonly open: Map<Process, number>;
  most: number;
}

/** Session after session, as a bot has them, until its process ends. */
async function haveSessions(world: World, bot: ReturnType<typeof start>, sessions: Sessions) {
  for (;;) {
    const slot = await bot.slots.acquire(new AbortController().signal);
    sessions.open.set(bot.process, (sessions.open.get(bot.process) ?? 0) + 1);
    const open = [...sessions.open].filter(([process]) => !process.dead);
    sessions.most = Math.max(
      sessions.most,
      open.reduce((sum, [, count]) => sum + count, 0),
    );
    await bot.clock.sleep(60_000 + world.draw() * 300_000, slot.lost);
    sessions.open.set(bot.process, (sessions.open.get(bot.process) ?? 0) - 1);
    await slot.release();
  }
}

test.each([
  [1, 2],
  [4, 8],
])(
  "with %i slots, %i bots have as many sessions at once and never one more, through kills and restarts",
  async (slots, count) => {
    const world = new World({ seed: slots, outages: [], maxDelayMs: 4_000 });
    const sessions: Sessions = { open: new Map(), most: 0 };
    const begin = (holder: string) => {
      const bot = start(world, holder, slots);
      void haveSessions(world, bot, sessions).catch(() => undefined);
      return bot.process;
    };
    const running = new Map(names.slice(0, count).map((name) => [name, begin(name)]));
    for (let round = 0; round < 40; round++) {
      await pass(world, 100_000);
      const name = names[Math.floor(world.draw() * count)] ?? "ada";
      const process = running.get(name);
      if (process) process.dead = true;
      await pass(world, world.draw() * 60_000);
      running.set(name, begin(name));
    }

    expect(sessions.most).toBe(slots);
  },
);

async function mustAcquire(world: ReturnType<typeof calmWorld>, slots: Slots) {
  const slot = await finish(world, slots.tryAcquire());
  if (!slot) throw new Error("no slot");
  return slot;
}

test("the slot of a bot that never comes back is free after a term", async () => {
  const world = calmWorld();
  const [ada, bea] = [start(world, "ada", 1), start(world, "bea", 1)];
  await mustAcquire(world, ada.slots);
  ada.process.dead = true;
  const beganAtMs = world.nowMs;

  await finish(world, bea.slots.acquire(never));

  expect(world.nowMs - beganAtMs).toBeGreaterThanOrEqual(termMs);
});

test("a restarted bot has its slot at once, and two loops of one bot never the same", async () => {
  const world = calmWorld();
  await mustAcquire(world, start(world, "ada", 1).slots);
  const again = start(world, "ada", 1);

  const both = await finish(
    world,
    Promise.all([again.slots.tryAcquire(), again.slots.tryAcquire()]),
  );

  expect(both.map((slot) => slot !== undefined)).toEqual([true, false]);
});

test("a slot that was let go is taken without waiting for a term, and a lost one says so", async () => {
  const world = calmWorld();
  const [ada, bea] = [start(world, "ada", 1), start(world, "bea", 1)];
  const slot = await mustAcquire(world, ada.slots);
  expect(await finish(world, bea.slots.tryAcquire())).toBeUndefined();
  await finish(world, slot.release());
  const next = await mustAcquire(world, bea.slots);

  world.refs.clear();
  await pass(world, termMs);

  expect(next.lost.aborted).toBe(true);
});

test("one listing and one push take a slot", async () => {
  const world = calmWorld();
  const ada = start(world, "ada", 4);
  const asked: string[] = [];
  for (const act of ["readRefs", "fetchRefs", "refresh", "swap"] as const) {
    const was = ada.mirror[act] as (...given: unknown[]) => Promise<unknown>;
    Object.assign(ada.mirror, {
      [act]: (...given: unknown[]) => {
        asked.push(act);
        return was(...given);
      },
    });
  }

  await mustAcquire(world, ada.slots);

  expect(asked).toEqual(["readRefs", "swap"]);
});

test("bots begin at different slots, and a backend without a number has no limit", async () => {
  const world = calmWorld();
  for (const name of names) await mustAcquire(world, start(world, name, 64).slots);
  expect(world.refs.size).toBe(names.length);
  const free = start(world, "free").slots;
  for (let time = 0; time < 3; time++) await mustAcquire(world, free);
  expect(world.refs.size).toBe(names.length);
});
