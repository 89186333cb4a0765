/** One lease that this process holds: kept alive in the background, and given up the moment its term has passed. */
import { DisintoError } from "../../errors.ts";
import type { Swap } from "../../ports/git.ts";
import {
  type Lease,
  type LeaseTools,
  pushFenced,
  releaseLease,
  renewLease,
  termOf,
} from "./lease.ts";
import type { Counters, Facts, LeasePayload } from "./record.ts";

/** Thrown through an activity whose lease is gone; ends in the outcome `lost`. */
export class LeaseLost extends Error {}

export interface ClaimTools extends LeaseTools {
  readonly onRenewed?: (() => void) | undefined;
}

/** Fractions of a term: when a lease is renewed, and how soon a renewal that the forge did not answer is retried. */
const RENEW_AFTER = 1 / 3;
const RETRY_AFTER = 1 / 30;

export class Claim {
  readonly #tools: ClaimTools;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  #lease: Lease;
  /** What the next renewal stores; ahead of the lease while the forge is away. */
  #carried: LeasePayload;
  /** Changes of the lease, one after the other: each needs the sha of the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(tools: ClaimTools, lease: Lease) {
    this.#tools = tools;
    this.#lease = lease;
    this.#carried = { counters: lease.counters, facts: lease.facts };
    void this.#keepAlive();
    void this.#watchTerm();
  }

  get ref(): string {
    return this.#lease.ref;
  }

  get counters(): Counters {
    return this.#carried.counters;
  }

  get facts(): Facts {
    return this.#carried.facts;
  }

  /** Aborts when the lease is somebody else's, or its term has passed without a renewal. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get isHeld(): boolean {
    return !this.#stopped.signal.aborted && !this.#isOver();
  }

  /** To be called right before an act on the forge that is no fenced push: a process can wake up after its term. */
  assertHeld(): void {
    if (this.#isOver()) throw this.#lose();
  }

  /** Puts what must outlive this bot on the forge at once, before what it pays for is begun. */
  store(carried: Partial<LeasePayload>): Promise<void> {
    this.#carried = { ...this.#carried, ...carried };
    return this.#change((lease) => this.#renew(lease));
  }

  /** Moves the work branch, fenced by this lease. */
  push(branch: Swap, counters = this.#carried.counters): Promise<"pushed" | "moved"> {
    this.#carried = { ...this.#carried, counters };
    return this.#change(async (lease) => {
      const pushed = await pushFenced(this.#tools, lease, { branch, ...this.#carried });
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

  /** Stops renewing; the lease stays on the forge for the next life of this bot. */
  stop(): void {
    this.#stopped.abort();
  }

  #change<Result>(act: (lease: Lease) => Promise<Result>): Promise<Result> {
    const next = this.#last.then(() => {
      this.assertHeld();
      return act(this.#lease);
    });
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #renew(lease: Lease): Promise<void> {
    const renewed = await renewLease(this.#tools, lease, this.#carried);
    if (!renewed) throw this.#lose();
    this.#lease = renewed;
    this.#tools.onRenewed?.();
  }

  #isOver(): boolean {
    return this.#lost.signal.aborted || this.#leftMs() <= 0;
  }

  #leftMs(): number {
    return this.#lease.expiresAtMs - this.#tools.clock.monotonicMs();
  }

  #lose(): LeaseLost {
    const lost = new LeaseLost(`the lease ${this.#lease.ref} is lost`);
    this.#lost.abort(lost);
    return lost;
  }

  /** A forge that is away costs nothing until the term has passed. */
  async #keepAlive(): Promise<void> {
    const termMs = termOf(this.#tools);
    let pauseMs = this.#leftMs() - termMs * (1 - RENEW_AFTER);
    while (await this.#pause(pauseMs)) {
      const before = this.#lease;
      await this.#change((lease) => this.#renew(lease)).catch((error: unknown) => {
        if (!(error instanceof LeaseLost || error instanceof DisintoError)) throw error;
      });
      pauseMs = termMs * (this.#lease === before ? RETRY_AFTER : RENEW_AFTER);
    }
  }

  /** A push that hangs must not keep the work going past the term, so this waits for nothing but the clock. */
  async #watchTerm(): Promise<void> {
    while (await this.#pause(this.#leftMs())) if (this.#isOver()) this.#lose();
  }

  /** False when there is nothing to wait for any more. */
  async #pause(ms: number): Promise<boolean> {
    const over = AbortSignal.any([this.#stopped.signal, this.#lost.signal]);
    if (over.aborted) return false;
    await this.#tools.clock.sleep(Math.max(1, ms), over);
    return !over.aborted;
  }
}
