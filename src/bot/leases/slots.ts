/**
 * Model slots: how many sessions all bots together may have on one backend, wherever they run. A slot is a lease in
 * the factory's repository; whoever has none waits.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Mirror } from "../../ports/git.ts";
import type { Claim } from "./claim.ts";
import type { Claims } from "./claims.ts";
import { deriveSlotFolder } from "./refs.ts";

export interface Slot {
  /** Undefined where the backend has no limit. */
  readonly number: number | undefined;
  /** Aborts when the slot is somebody else's; the session must end. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

interface SlotsTools {
  /** The claims of the factory's repository, shared by all loops of this bot. */
  readonly claims: Claims;
  readonly mirror: Pick<Mirror, "readRefs">;
  readonly clock: Clock;
  readonly holder: string;
  /** Name of the backend in refs (core/backend.ts). */
  readonly backend: string;
  /** Returns undefined if there is no limit. */
  readonly count: () => Promise<number | undefined>;
  readonly pollIntervalMs: number;
}

export class Slots {
  readonly #tools: SlotsTools;
  /** Two loops of one bot must not take each other's half-taken slot for one of an earlier life. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(tools: SlotsTools) {
    this.#tools = tools;
  }

  /** Waits for a free slot; ends with the signal's reason. `onWaiting` is called once, where there is none free. */
  async acquire(signal: AbortSignal, onWaiting: () => void = () => undefined): Promise<Slot> {
    const { clock, pollIntervalMs } = this.#tools;
    for (let looks = 0; ; looks++) {
      signal.throwIfAborted();
      const slot = await this.tryAcquire();
      if (slot) return slot;
      if (looks === 0) onWaiting();
      await clock.sleep(pollIntervalMs, signal);
    }
  }

  /** Returns undefined if all are in use. */
  tryAcquire(): Promise<Slot | undefined> {
    const next = this.#last.then(() => this.#tryAll());
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #tryAll(): Promise<Slot | undefined> {
    const { claims, mirror, backend, count, holder } = this.#tools;
    const slots = await count();
    if (slots === undefined) return unlimited;
    const folder = deriveSlotFolder(backend);
    const standing = await mirror.readRefs([`${folder}*`]);
    for (const slot of orderSlots(slots, holder)) {
      const ref = `${folder}${slot}`;
      const claim = await claims.tryAcquireAt({ ref, sha: standing.get(ref) });
      if (claim) return toSlot(claim, slot);
    }
    return undefined;
  }
}

const unlimited: Slot = {
  number: undefined,
  lost: new AbortController().signal,
  release: async () => undefined,
};

function toSlot(claim: Claim, number: number): Slot {
  return { number, lost: claim.lost, release: () => claim.release() };
}

/** Each bot begins elsewhere, so that bots that start together do not all contend for the first one. */
function orderSlots(count: number, holder: string): readonly number[] {
  const sum = [...holder].reduce((so, letter) => (so * 31 + letter.charCodeAt(0)) % 65_521, 7);
  return Array.from({ length: count }, (_, at) => (sum + at) % count);
}
