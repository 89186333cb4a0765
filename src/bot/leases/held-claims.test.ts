/** What a process knows of the leases that it holds, and what becomes of work under them. */
import { expect, test } from "vitest";
import {
  calmWorld,
  finish,
  pass,
  startInWorld as start,
  termMs,
} from "../../../test/support/lease-bots.ts";
import type { World } from "../../../test/support/lease-world.ts";
import { DisintoError } from "../../errors.ts";
import { type Claim, LeaseLost } from "./claim.ts";
import type { Claims } from "./claims.ts";
import { deriveClaimRef, deriveLaneRef } from "./refs.ts";

async function mustTake(world: World, claims: Claims, name: number | string): Promise<Claim> {
  const claim = await finish(world, claims.take(name, { counters: { tries: 1 } }));
  if (!claim) throw new Error("not taken");
  return claim;
}

const never = new AbortController().signal;

test("a claim is known by its issue's number and by its ref, once, until it is let go", async () => {
  const world = calmWorld();
  const { claims } = start(world, "ada");
  const ref = deriveClaimRef(1);
  expect([claims.isHeld(1), claims.held]).toEqual([false, []]);

  const claim = await mustTake(world, claims, 1);

  expect(claim.ref).toBe(ref);
  expect([claims.isHeld(1), claims.isHeld(ref), claims.isHeld(2)]).toEqual([true, true, false]);
  expect(claims.held).toEqual([ref]);
  expect(await finish(world, claims.adopt(1))).toBe(claim);
  expect(await finish(world, claims.tryAcquire(1))).toBeUndefined();
  const sha = world.refs.get(ref);
  expect(await finish(world, claims.tryAcquireAt({ ref, sha }))).toBeUndefined();
  expect(world.refs.get(ref)).toBe(sha);

  await finish(world, claim.release());
  expect(world.refs.has(ref)).toBe(false);
  expect([claim.isHeld, claims.isHeld(1), claims.held]).toEqual([false, false, []]);
});

test("stopping keeps the leases on the forge, renews none, and holds none", async () => {
  const world = calmWorld();
  const { claims } = start(world, "ada");
  await mustTake(world, claims, 1);
  await mustTake(world, claims, deriveLaneRef("main"));
  const before = new Map(world.refs);

  claims.stop();
  await pass(world, termMs);

  expect(world.refs).toEqual(before);
  expect(claims.held).toEqual([]);
});

test("what nobody holds is neither adopted nor taken over; what another holds is neither either", async () => {
  const world = calmWorld();
  const [ada, bea] = [start(world, "ada"), start(world, "bea")];
  await mustTake(world, ada.claims, 1);

  for (const issue of [1, 2]) {
    expect(await finish(world, bea.claims.adopt(issue))).toBeUndefined();
    expect(await finish(world, bea.claims.takeOver(issue))).toBeUndefined();
  }
  expect(await finish(world, bea.claims.tryAcquire(1))).toBeUndefined();
  expect(bea.claims.held).toEqual([]);
  expect(await finish(world, bea.claims.tryAcquire(2))).toBeDefined();
});

test("own leases are found among those of others and refs that are no issue's, and facts are read of any", async () => {
  const world = calmWorld();
  const [ada, bea] = [start(world, "ada"), start(world, "bea")];
  await finish(world, ada.claims.take(1, { facts: { body: "abc" } }));
  await mustTake(world, ada.claims, deriveLaneRef("main"));
  await mustTake(world, bea.claims, 2);
  await mustTake(world, ada.claims, 12);
  world.refs.set(deriveClaimRef(3), "0".repeat(40));
  const refs = await finish(world, bea.mirror.refresh());

  expect(await finish(world, ada.claims.findOwn(refs))).toEqual([1, 12]);
  expect(await finish(world, bea.claims.findOwn(refs))).toEqual([2]);
  expect(await finish(world, bea.claims.readFacts(1, refs))).toEqual({ body: "abc" });
  expect(await finish(world, bea.claims.readFacts(2, refs))).toEqual({});
  expect(await finish(world, bea.claims.readFacts(9, refs))).toEqual({});
  expect(await finish(world, bea.claims.readFacts(3, refs))).toEqual({});
});

test("what is stored stays beside what was there, and goes with the next push of work", async () => {
  const world = calmWorld();
  const { claims } = start(world, "ada");
  const claim = await mustTake(world, claims, 1);
  expect([claim.counters, claim.facts]).toEqual([{ tries: 1 }, {}]);

  await finish(world, claim.store({ facts: { pull: "7" } }));
  expect([claim.counters, claim.facts]).toEqual([{ tries: 1 }, { pull: "7" }]);
  await finish(world, claim.store({ counters: { tries: 2 } }));
  const branch = { ref: "refs/heads/fix/issue-1", from: undefined, to: "a".repeat(40) };
  expect(await finish(world, claim.push(branch))).toBe("pushed");
  expect(await finish(world, claim.push({ ...branch, to: "b".repeat(40) }, { tries: 3 }))).toBe(
    "moved",
  );

  expect(claim.counters).toEqual({ tries: 3 });
  claims.stop();
  const again = await finish(world, start(world, "ada").claims.adopt(1));
  expect([again?.facts, world.refs.get(branch.ref)]).toEqual([{ pull: "7" }, branch.to]);
});

test("work under a lease gets the claim, and its answer is handed on", async () => {
  const world = calmWorld();
  const { claims } = start(world, "ada");
  const claim = await mustTake(world, claims, 1);

  const act = async (given: Claim, signal: AbortSignal) => [given === claim, signal.aborted];
  expect(await finish(world, claims.withLease(1, never, act))).toEqual([true, false]);
  const nobody = () => Promise.reject(new Error("must not run"));
  expect(await finish(world, claims.withLease(2, never, nobody))).toEqual({ type: "lost" });
});

test("work whose lease is lost ends as lost; a failure of its own, and a stop, are what they are", async () => {
  const world = calmWorld();
  const { claims, process } = start(world, "ada");
  const claim = await mustTake(world, claims, 1);
  const failed = new Error("no such file");
  const failing = () => Promise.reject(failed);

  await expect(finish(world, claims.withLease(1, never, failing))).rejects.toBe(failed);

  const losing = async (given: Claim, signal: AbortSignal) => {
    world.refs.set(deriveClaimRef(1), "0".repeat(40));
    await given.store({}).catch(() => undefined);
    expect(signal.aborted).toBe(true);
    given.assertHeld();
  };
  expect(await finish(world, claims.withLease(1, never, losing))).toEqual({ type: "lost" });
  expect(claim.lost.reason).toBeInstanceOf(LeaseLost);
  expect(() => claim.assertHeld()).toThrow(`the lease ${deriveClaimRef(1)} is lost`);
  expect(process.dead).toBe(false);

  await mustTake(world, claims, 2);
  const stop = new AbortController();
  const stopped = async (given: Claim) => {
    world.refs.delete(deriveClaimRef(2));
    await given.store({}).catch(() => undefined);
    stop.abort();
    given.assertHeld();
  };
  await expect(finish(world, claims.withLease(2, stop.signal, stopped))).rejects.toThrow(LeaseLost);
});

test("a watch reads what stands until it is told to end, through failures of the forge alone", async () => {
  const world = calmWorld();
  const bea = start(world, "bea");
  const stop = new AbortController();
  let reads = 0;
  const readRefs = bea.mirror.readRefs;
  const watching = (failure: Error | undefined) => {
    bea.mirror.readRefs = async (patterns) => {
      reads++;
      if (failure) throw failure;
      return readRefs(patterns);
    };
    return bea.claims.watch(stop.signal);
  };

  void watching(new DisintoError("forge.unavailable", "away"));
  await pass(world, termMs);
  expect(reads).toBeGreaterThan(3);
  const bug = new TypeError("a bug");
  await expect(finish(world, watching(bug))).rejects.toBe(bug);

  stop.abort();
  await pass(world, termMs);
  const before = reads;
  await pass(world, termMs);
  expect(reads).toBe(before);
});
