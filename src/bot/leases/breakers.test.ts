import { expect, test } from "vitest";
import {
  calmWorld,
  finish,
  pass,
  startInWorld as start,
  termMs,
} from "../../../test/support/lease-bots.ts";
import { World } from "../../../test/support/lease-world.ts";

const red = { cause: "red", reason: "ci/test is red on main", probeAfterMs: 60_000 };

/** Asks as a bot that waits does: again and again. */
async function probe(world: World, bot: ReturnType<typeof start>, forMs: number) {
  for (let passedMs = 0; passedMs < forMs; passedMs += 10_000) {
    const got = await finish(world, bot.breakers.tryProbe("primary"));
    if (got) return got;
    await pass(world, 10_000);
  }
  return undefined;
}

test.each([1, 2, 3, 4, 5])(
  "of eight bots that open a breaker at once one is told so, and of eight that close it, whatever answers are lost (%i)",
  async (seed) => {
    const world = new World({ seed, outages: [], maxDelayMs: 5_000 });
    const bots = Array.from({ length: 8 }, (_, index) => start(world, `bot-${index}`));

    const opening = bots.map(({ breakers }) => breakers.open("primary", red));
    const opened = await finish(world, Promise.all(opening));
    const closing = bots.map(({ breakers }) => breakers.close("primary"));
    const closed = await finish(world, Promise.all(closing));

    expect(opened.filter((one) => one === "opened")).toHaveLength(1);
    expect(closed.filter((one) => one === "closed")).toHaveLength(1);
  },
);

test("all bots read who opened it and why, until one closes it", async () => {
  const world = calmWorld();
  const [ada, bea] = [start(world, "ada"), start(world, "bea")];
  expect(await finish(world, bea.breakers.read("primary"))).toBeUndefined();
  await finish(world, ada.breakers.open("primary", red));

  expect(await finish(world, bea.breakers.read("primary"))).toMatchObject({
    by: "ada",
    ...red,
    prober: undefined,
  });
  await finish(world, bea.breakers.close("primary"));
  expect(await finish(world, ada.breakers.read("primary"))).toBeUndefined();
  expect(await finish(world, ada.breakers.open("primary", red))).toBe("opened");
});

test("after a pause one bot tries, the others wait for what it finds, and another pause when it fails", async () => {
  const world = calmWorld();
  const bots = ["ada", "bea", "cleo"].map((name) => start(world, name));
  const [ada] = bots;
  if (!ada) throw new Error("no bot");
  const askAll = async () => {
    const asked = bots.map(({ breakers }) => breakers.tryProbe("primary"));
    return (await finish(world, Promise.all(asked))).filter((one) => one !== undefined);
  };
  await finish(world, ada.breakers.open("primary", red));
  for (let round = 0; round < 6; round++) {
    expect(await askAll()).toEqual([]);
    await pass(world, 10_000);
  }
  await pass(world, 5_000);

  const probes = await askAll();

  expect(probes).toHaveLength(1);
  for (const bot of bots) expect(await probe(world, bot, 200_000)).toBeUndefined();
  await finish(world, probes[0]?.fail("still red") ?? Promise.reject(new Error("no probe")));
  expect(await finish(world, ada.breakers.read("primary"))).toMatchObject({
    by: "ada",
    reason: "still red",
    prober: undefined,
  });
  expect(await probe(world, ada, 50_000)).toBeUndefined();
  await finish(world, (await probe(world, ada, 50_000))?.succeed() ?? Promise.reject(new Error()));
  expect(world.refs.size).toBe(0);
});

test("a breaker whose opener and whose prober died is tried by the next bot", async () => {
  const world = calmWorld();
  const [ada, bea, cleo] = [start(world, "ada"), start(world, "bea"), start(world, "cleo")];
  await finish(world, ada.breakers.open("primary", red));
  ada.process.dead = true;
  const first = await probe(world, bea, 100_000);
  expect(first?.breaker.by).toBe("ada");
  bea.process.dead = true;

  expect(await probe(world, cleo, termMs * 0.9)).toBeUndefined();
  await finish(
    world,
    (await probe(world, cleo, termMs * 0.3))?.succeed() ?? Promise.reject(new Error()),
  );

  expect(world.refs.size).toBe(0);
});

test("a ref that nobody of us wrote is an open breaker all the same, and can be tried", async () => {
  const world = calmWorld();
  const ada = start(world, "ada");
  const strange = await finish(world, ada.mirror.objects.note("not JSON"));
  world.refs.set("refs/disinto/breakers/primary", strange);

  expect(await finish(world, ada.breakers.read("primary"))).toMatchObject({ cause: "unknown" });
  expect(await probe(world, ada, 200_000)).toBeDefined();
});
