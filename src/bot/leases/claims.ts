/** The leases that this process holds in one repository: taken, adopted or taken over, and worked under. */

import { DisintoError } from "../../errors.ts";
import type { Mirror, Refs } from "../../ports/git.ts";
import { Claim, type ClaimTools } from "./claim.ts";
import type { Observations } from "./expiry.ts";
import { adoptLease, type Lease, takeLease, takeOverLease, termOf } from "./lease.ts";
import { type Facts, type LeasePayload, type LeaseRecord, readLease } from "./record.ts";
import { ALL_COORDINATION_REFS, deriveClaimRef, parseClaimRef } from "./refs.ts";

export interface ClaimsTools extends ClaimTools {
  /** Noted by `observations`: `observations.watching(mirror)`. */
  readonly mirror: Mirror;
  readonly observations: Observations;
  readonly pollIntervalMs: number;
}

/** The number of an issue, or the whole name of a ref (refs.ts). */
type LeaseName = number | string;

export class Claims {
  readonly #tools: ClaimsTools;
  readonly #held = new Map<string, Claim>();
  /** The last text read, by ref. */
  readonly #texts = new Map<string, { readonly sha: string; readonly record: LeaseRecord }>();

  constructor(tools: ClaimsTools) {
    this.#tools = tools;
  }

  /** Returns undefined if another bot holds it. */
  async take(name: LeaseName, carried: Partial<LeasePayload> = {}): Promise<Claim | undefined> {
    return this.#keep(await takeLease(this.#tools, toRef(name), carried));
  }

  /** The claim that this process holds, or one that an earlier life of this bot left, with what it carries. */
  async adopt(name: LeaseName): Promise<Claim | undefined> {
    const ref = toRef(name);
    const known = this.#held.get(ref);
    return known?.isHeld ? known : this.#adoptAt(ref, await this.#locate(ref));
  }

  /** Another bot's, once this process has seen it unchanged for a whole term; what it carries goes on. */
  async takeOver(name: LeaseName): Promise<Claim | undefined> {
    const ref = toRef(name);
    return this.#takeOverAt(ref, await this.#locate(ref));
  }

  /** Takes, adopts or takes over the lease. A claim that this process holds already is not given out twice. */
  async tryAcquire(
    name: LeaseName,
    carried: Partial<LeasePayload> = {},
  ): Promise<Claim | undefined> {
    const ref = toRef(name);
    return this.isHeld(ref)
      ? undefined
      : this.tryAcquireAt({ ref, sha: await this.#locate(ref) }, carried);
  }

  /** The same from a reading that the caller has made. */
  async tryAcquireAt(
    { ref, sha }: { readonly ref: string; readonly sha: string | undefined },
    carried: Partial<LeasePayload> = {},
  ): Promise<Claim | undefined> {
    if (this.isHeld(ref)) return undefined;
    if (sha === undefined) return this.take(ref, carried);
    return (await this.#adoptAt(ref, sha)) ?? (await this.#takeOverAt(ref, sha));
  }

  /** Waits its turn; ends with the signal's reason. */
  async acquire(
    name: LeaseName,
    signal: AbortSignal,
    carried: Partial<LeasePayload> = {},
  ): Promise<Claim> {
    for (;;) {
      signal.throwIfAborted();
      const claim = await this.tryAcquire(name, carried);
      if (claim) return claim;
      await this.#tools.clock.sleep(this.#tools.pollIntervalMs, signal);
    }
  }

  isHeld(name: LeaseName): boolean {
    return this.#held.get(toRef(name))?.isHeld ?? false;
  }

  /** Refs of what this process holds. */
  get held(): readonly string[] {
    return [...this.#held].flatMap(([ref, claim]) => (claim.isHeld ? [ref] : []));
  }

  /** Issues among these refs whose lease carries this bot's name: unfinished work of an earlier life. */
  findOwn(refs: Refs): Promise<readonly number[]> {
    return this.#findIssues(refs, async (ref, sha) => {
      return (await this.#read(ref, sha))?.holder === this.#tools.holder;
    });
  }

  /** Issues among these refs whose bot did not come back: open to `takeOver`. */
  findExpired(refs: Refs): Promise<readonly number[]> {
    return this.#findIssues(refs, (ref, sha) => this.#isExpired(ref, sha));
  }

  /** What the lease of an issue carries, as these refs have it. */
  async readFacts(issue: number, refs: Refs): Promise<Facts> {
    const ref = deriveClaimRef(issue);
    const sha = refs.get(ref);
    return (sha === undefined ? undefined : await this.#read(ref, sha))?.facts ?? {};
  }

  async #findIssues(refs: Refs, is: (ref: string, sha: string) => Promise<boolean>) {
    const found: number[] = [];
    for (const [ref, sha] of refs) {
      const issue = parseClaimRef(ref);
      if (issue !== undefined && (await is(ref, sha))) found.push(issue);
    }
    return found;
  }

  /** Does the work under the lease, adopting it after a restart; "lost" when it is not ours or stops being so. */
  async withLease<Result>(
    name: LeaseName,
    signal: AbortSignal,
    act: (claim: Claim, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result | { readonly type: "lost" }> {
    const claim = await this.adopt(name);
    if (!claim) return { type: "lost" };
    try {
      return await act(claim, AbortSignal.any([signal, claim.lost]));
    } catch (error) {
      if (claim.lost.aborted && !signal.aborted) return { type: "lost" };
      throw error;
    }
  }

  /**
   * Reads what stands while the loops do not: a bot that is at work for hours sees the claims of the dead as well,
   * else a factory that is never idle would never free them. Ends with the signal.
   */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, mirror, observations } = this.#tools;
    const everyMs = observations.maxGapMs / 2;
    while (!signal.aborted) {
      if (observations.sinceCompleteMs() >= everyMs)
        await mirror.readRefs([ALL_COORDINATION_REFS]).catch(ignoreForgeErrors);
      await clock.sleep(Math.max(everyMs - observations.sinceCompleteMs(), everyMs / 4), signal);
    }
  }

  /** Stops renewing; the leases stay on the forge for the next life of this bot. */
  stop(): void {
    for (const claim of this.#held.values()) claim.stop();
  }

  async #adoptAt(ref: string, sha: string | undefined): Promise<Claim | undefined> {
    if (sha === undefined) return undefined;
    if ((await this.#read(ref, sha))?.holder !== this.#tools.holder) return undefined;
    return this.#keep(await adoptLease(this.#tools, ref, sha));
  }

  async #takeOverAt(ref: string, sha: string | undefined): Promise<Claim | undefined> {
    if (sha === undefined || !(await this.#isExpired(ref, sha))) return undefined;
    return this.#keep(await takeOverLease(this.#tools, ref, sha));
  }

  async #locate(ref: string): Promise<string | undefined> {
    return (await this.#tools.mirror.readRefs([ref])).get(ref);
  }

  async #isExpired(ref: string, sha: string): Promise<boolean> {
    const seenForMs = this.#tools.observations.unchangedForMs(ref, sha);
    if (seenForMs < termOf(this.#tools)) return false;
    const record = await this.#read(ref, sha);
    return record !== undefined && seenForMs >= record.termMs;
  }

  /** A lease's text has to be fetched, once for each sha; undefined when it stands no longer. */
  async #read(ref: string, sha: string): Promise<LeaseRecord | undefined> {
    const known = this.#texts.get(ref);
    if (known?.sha === sha) return known.record;
    const record = (await this.#readHere(sha)) ?? (await this.#fetchAndRead(sha));
    if (record) this.#texts.set(ref, { sha, record });
    return record;
  }

  async #fetchAndRead(sha: string): Promise<LeaseRecord | undefined> {
    await this.#tools.mirror.fetchRefs(ALL_COORDINATION_REFS);
    return this.#readHere(sha);
  }

  #readHere(sha: string): Promise<LeaseRecord | undefined> {
    return readLease(this.#tools, sha).catch((error: unknown) => {
      if (error instanceof DisintoError) return undefined;
      throw error;
    });
  }

  #keep(lease: Lease | undefined): Claim | undefined {
    if (!lease) return undefined;
    for (const [ref, claim] of this.#held) if (!claim.isHeld) this.#held.delete(ref);
    this.#held.get(lease.ref)?.stop();
    const claim = new Claim(this.#tools, lease);
    this.#held.set(lease.ref, claim);
    return claim;
  }
}

function toRef(name: LeaseName): string {
  return typeof name === "number" ? deriveClaimRef(name) : name;
}

function ignoreForgeErrors(error: unknown): void {
  if (!(error instanceof DisintoError)) throw error;
}
