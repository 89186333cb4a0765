import { expect, test } from "vitest";
import {
  calmWorld,
  finish,
  pass,
  startInWorld as start,
  termMs,
} from "../../../test/support/lease-bots.ts";
import { World } from "../../../test/support/lease-world.ts";
import type { Claim } from "./claim.ts";
import type { Claims } from "./claims.ts";
import { deriveClaimRef, deriveLaneRef, deriveReviewRef } from "./refs.ts";

async function mustTake(world: World, claims: Claims, name: number | string): Promise<Claim> {
  const claim = await finish(world, claims.take(name));
  if (!claim) throw new Error("not taken");
  return claim;
}

test("what a bot stored is known to the bot that takes over from it, and to its own next life", async () => {
  const world = calmWorld();
  const ada = start(world, "ada");
  const claim = await finish(world, ada.claims.take(1, { facts: { body: "abc" } }));
  await finish(world, claim?.store({ counters: { attempts: 2 } }) ?? Promise.reject(new Error()));
  ada.process.dead = true;

  const again = await finish(world, start(world, "ada").claims.adopt(1));
  expect([again?.counters, again?.facts]).toEqual([{ attempts: 2 }, { body: "abc" }]);

  again?.stop();
  const bea = start(world, "bea");
  void bea.claims.watch(new AbortController().signal);
  await pass(world, termMs + 60_000);
  const taken = await finish(world, bea.claims.takeOver(1));
  expect([taken?.counters, taken?.facts]).toEqual([{ attempts: 2 }, { body: "abc" }]);
});

test("a lease that is renewed is never open to others, and one that is not is open after a term", async () => {
  const world = calmWorld();
  const ada = start(world, "ada");
  const bea = start(world, "bea");
  await mustTake(world, ada.claims, 1);
  void bea.claims.watch(new AbortController().signal);
  const open = async () => bea.claims.findExpired(await bea.mirror.refresh());
  await pass(world, 5 * termMs);

  expect(await finish(world, open())).toEqual([]);
  expect(await finish(world, bea.claims.takeOver(1))).toBeUndefined();

  ada.process.dead = true;
  await pass(world, termMs * 0.6);
  expect(await finish(world, open())).toEqual([]);
  await pass(world, termMs * 0.5);
  expect(await finish(world, open())).toEqual([1]);
});

test("a lease that says a longer term than the observer's is waited for", async () => {
  const world = calmWorld();
  const ada = start(world, "ada");
  const claim = await mustTake(world, ada.claims, 1);
  claim.stop();
  const text = world.commits.get(world.refs.get(deriveClaimRef(1)) ?? "")?.text ?? "";
  const longer = JSON.stringify({ ...JSON.parse(text), termMs: 3 * termMs });
  world.refs.set(deriveClaimRef(1), await finish(world, ada.mirror.objects.note(longer)));
  const bea = start(world, "bea");
  void bea.claims.watch(new AbortController().signal);
  await pass(world, 2 * termMs);

  expect(await finish(world, bea.claims.takeOver(1))).toBeUndefined();
  await pass(world, 1.5 * termMs);
  expect(await finish(world, bea.claims.takeOver(1))).toBeDefined();
});

test("a holder whose forge is away works on until its term has passed, and then stops", async () => {
  const world = new World({
    seed: 1,
    outages: [{ fromMs: 1_000, forMs: 10 * termMs }],
    maxDelayMs: 1,
    isFaithful: true,
  });
  const { claims } = start(world, "ada");
  const claim = await mustTake(world, claims, 1);
  await pass(world, termMs * 0.99);
  expect([claim.isHeld, claim.lost.aborted]).toEqual([true, false]);

  await pass(world, termMs * 0.02);

  expect([claim.isHeld, claim.lost.aborted]).toEqual([false, true]);
});

test("a push that hangs does not keep the work going past the term", async () => {
  const world = calmWorld();
  const { claims, mirror, process } = start(world, "ada");
  const claim = await mustTake(world, claims, 1);
  const stuck = new Promise<never>(() => undefined);
  Object.assign(mirror, { swap: () => stuck });
  void claim.store({ counters: { attempts: 1 } });
  await pass(world, termMs + 1_000);

  expect(process.dead).toBe(false);
  expect(claim.lost.aborted).toBe(true);
});

test("a process that wakes up after its term acts on nothing, though its timers have not run yet", async () => {
  const world = calmWorld();
  const { claims } = start(world, "ada");
  const claim = await mustTake(world, claims, 1);

  world.nowMs += termMs;

  expect(claim.lost.aborted).toBe(false);
  expect(() => claim.assertHeld()).toThrow("refs/disinto/claims/1 is lost");
  expect(claim.lost.aborted).toBe(true);
  await expect(claim.store({})).rejects.toThrow("is lost");
});

test("of several review bots one has a pull request, and the next when it is done", async () => {
  const world = calmWorld();
  const [ada, bea] = [start(world, "ada"), start(world, "bea")];
  const ref = deriveReviewRef(7);
  const first = await finish(world, ada.claims.tryAcquire(ref));

  expect(await finish(world, bea.claims.tryAcquire(ref))).toBeUndefined();
  expect(await finish(world, ada.claims.tryAcquire(ref))).toBeUndefined();

  await finish(world, first?.release() ?? Promise.reject(new Error("not taken")));
  expect(await finish(world, bea.claims.tryAcquire(ref))).toBeDefined();
});

test("a lane is waited for, also when its holder has died, and waiting ends with the signal", async () => {
  const world = calmWorld();
  const [ada, bea] = [start(world, "ada"), start(world, "bea")];
  const ref = deriveLaneRef("release/1.0");
  await mustTake(world, ada.claims, ref);
  const impatient = new AbortController();
  const given = bea.claims.acquire(ref, impatient.signal);
  impatient.abort(new Error("enough"));
  await expect(finish(world, given)).rejects.toThrow("enough");

  ada.process.dead = true;
  const beganAtMs = world.nowMs;
  await finish(world, bea.claims.acquire(ref, new AbortController().signal));

  expect(world.nowMs - beganAtMs).toBeGreaterThanOrEqual(termMs);
});

test("a lease is renewed three times in a term, no more and no less", async () => {
  const world = calmWorld();
  const changes: number[] = [];
  const ada = start(world, "ada");
  await mustTake(world, ada.claims, 1);
  world.onChange = () => changes.push(world.nowMs);

  await pass(world, 10 * termMs);

  expect(changes.length).toBeGreaterThanOrEqual(29);
  expect(changes.length).toBeLessThanOrEqual(31);
});
