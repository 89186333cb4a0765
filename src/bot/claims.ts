/** The leases that this process holds: each kept alive in the background and given up at once when it is lost. */
import { DisintoError } from "../errors.ts";
import type { Refs, Swap } from "../ports/git.ts";
import {
  adoptLease,
  type Counters,
  deriveClaimRef,
  type FencedPush,
  type Lease,
  type LeaseTools,
  pushFenced,
  readHolder,
  releaseLease,
  renewLease,
  TERM_MS,
  takeLease,
} from "./lease.ts";

/** Thrown through an activity whose lease is gone; ends in the outcome `lost`. */
class LeaseLost extends Error {}

interface ClaimTools extends LeaseTools {
  readonly onRenewed?: (() => void) | undefined;
}

export class Claims {
  readonly #tools: ClaimTools;
  readonly #held = new Map<string, Claim>();

  constructor(tools: ClaimTools) {
    this.#tools = tools;
  }

  /** False: somebody else has the issue. */
  async take(issue: number): Promise<boolean> {
    const lease = await takeLease(this.#tools, deriveClaimRef(issue));
    if (lease) this.#keep(lease);
    return lease !== undefined;
  }

  /** Issues among these refs whose lease carries this bot's name: unfinished work of an earlier life. */
  async findOwn(refs: Refs): Promise<readonly number[]> {
    const own: number[] = [];
    for (const [ref, sha] of refs) {
      const issue = /^refs\/disinto\/claims\/(\d+)$/.exec(ref)?.[1];
      if (issue && (await readHolder(this.#tools, sha)) === this.#tools.holder)
        own.push(Number(issue));
    }
    return own;
  }

  /** Does the work under the issue's lease, adopting it after a restart; "lost" when it is not ours or stops being so. */
  async under<Result>(
    issue: number,
    signal: AbortSignal,
    act: (claim: Claim, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result | { readonly type: "lost" }> {
    const claim = await this.#hold(deriveClaimRef(issue));
    if (!claim) return { type: "lost" };
    try {
      return await act(claim, AbortSignal.any([signal, claim.lost]));
    } catch (error) {
      if (claim.lost.aborted && !signal.aborted) return { type: "lost" };
      throw error;
    }
  }

  async #hold(ref: string): Promise<Claim | undefined> {
    const known = this.#held.get(ref);
    if (known?.isHeld) return known;
    const standing = (await this.#tools.mirror.readRefs([ref])).get(ref);
    if (!standing) return undefined;
    // The lease's text is needed to know its holder, and only a fetch brings it.
    await this.#tools.mirror.refresh();
    const lease = await adoptLease(this.#tools, ref, standing);
    return lease && this.#keep(lease);
  }

  #keep(lease: Lease): Claim {
    this.#held.get(lease.ref)?.stop();
    const claim = new Claim(this.#tools, lease);
    this.#held.set(lease.ref, claim);
    return claim;
  }

  /** Stops renewing; the leases stay on the forge for the next life of this bot. */
  stop(): void {
    for (const claim of this.#held.values()) claim.stop();
  }
}

export class Claim {
  readonly #tools: ClaimTools;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  #lease: Lease;
  /** Changes of the lease, one after the other: each needs the sha of the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(tools: ClaimTools, lease: Lease) {
    this.#tools = tools;
    this.#lease = lease;
    void this.#keepAlive();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get isHeld(): boolean {
    const over = this.#lost.signal.aborted || this.#stopped.signal.aborted;
    return !over && this.#tools.clock.monotonicMs() < this.#lease.expiresAtMs;
  }

  /** Moves the work branch, fenced by this lease. */
  push(branch: Swap, counters: Counters): Promise<"pushed" | "moved"> {
    return this.#change(async (lease) => {
      const pushed: FencedPush = await pushFenced(this.#tools, lease, { branch, counters });
      if (pushed.type === "lost") throw this.#lose();
      this.#lease = pushed.lease;
      return pushed.type;
    });
  }

  release(): Promise<void> {
    return this.#change(async (lease) => {
      this.stop();
      await releaseLease(this.#tools, lease);
    });
  }

  stop(): void {
    this.#stopped.abort();
  }

  #change<Result>(act: (lease: Lease) => Promise<Result>): Promise<Result> {
    const next = this.#last.then(() => {
      if (this.#lost.signal.aborted) throw this.#lose();
      return act(this.#lease);
    });
    this.#last = next.catch(() => undefined);
    return next;
  }

  #lose(): LeaseLost {
    const lost = new LeaseLost(`the lease ${this.#lease.ref} is lost`);
    this.#lost.abort(lost);
    return lost;
  }

  async #keepAlive(): Promise<void> {
    const { clock } = this.#tools;
    const stopped = this.#stopped.signal;
    for (;;) {
      await clock.sleep(TERM_MS / 3, stopped);
      if (stopped.aborted || this.#lost.signal.aborted) return;
      await this.#renew();
    }
  }

  /** A forge that is away costs nothing until the term has passed; then the work must stop. */
  #renew(): Promise<void> {
    const renewing = this.#change(async (lease) => {
      const renewed = await renewLease(this.#tools, lease);
      if (!renewed) throw this.#lose();
      this.#lease = renewed;
      this.#tools.onRenewed?.();
    });
    return renewing.catch((error: unknown) => {
      if (error instanceof LeaseLost) return;
      if (!(error instanceof DisintoError)) throw error;
      if (this.#tools.clock.monotonicMs() >= this.#lease.expiresAtMs) this.#lose();
    });
  }
}
