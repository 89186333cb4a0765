/** Bots in a world of leases (lease-world.ts), each with the real code, and time that passes when a test says so. */
import { Breakers } from "../../src/bot/leases/breakers.ts";
import { Claims } from "../../src/bot/leases/claims.ts";
import { deriveMaxGap, Observations } from "../../src/bot/leases/expiry.ts";
import { Slots } from "../../src/bot/leases/slots.ts";
import { Process, World } from "./lease-world.ts";

export const termMs = 900_000;
const pollIntervalMs = 10_000;

export function calmWorld(): World {
  return new World({ seed: 1, outages: [], maxDelayMs: 1, isFaithful: true });
}

export function startInWorld(world: World, holder: string, slotCount?: number) {
  const process = new Process(holder);
  const clock = world.clockOf(process);
  const observations = new Observations(clock, deriveMaxGap(termMs, pollIntervalMs));
  const mirror = observations.watching(world.mirrorOf(process));
  const newNonce = () => String(world.draw());
  const tools = { mirror, observations, clock, holder, newNonce, termMs, pollIntervalMs };
  const claims = new Claims(tools);
  const count = async () => slotCount;
  return {
    process,
    mirror,
    clock,
    claims,
    slots: new Slots({ claims, mirror, clock, holder, backend: "model", count, pollIntervalMs }),
    breakers: new Breakers(tools),
  };
}

/** Runs the world until the promise is settled. */
export async function finish<T>(world: World, promise: Promise<T>): Promise<T> {
  let isDone = false;
  const end = () => {
    isDone = true;
  };
  promise.then(end, end);
  await world.run(() => isDone, Number.POSITIVE_INFINITY);
  return promise;
}

export async function pass(world: World, ms: number): Promise<void> {
  await world.run(() => false, world.nowMs + ms);
}
