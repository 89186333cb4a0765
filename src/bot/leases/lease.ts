/**
 * Leases: exclusive ownership of a name, as a compare-and-swap on a ref of the forge. Exactly one taker wins.
 * The protocol and why it is safe: docs/leases.md. Assignees and labels mirror a lease and never decide.
 */
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Mirror, Objects, Refs, Swap, SwapAnswer } from "../../ports/git.ts";
import { type LeasePayload, type RecordReader, readLease, writeNote } from "./record.ts";
import { compareAndSwap, MAX_REFUSALS, toSwapError } from "./swap.ts";

export interface Lease extends LeasePayload {
  readonly ref: string;
  readonly sha: string;
  /** On the holder's monotonic clock; after it the holder must not act. */
  readonly expiresAtMs: number;
  /**
   * Every commit that this process offered for the ref since it last knew which one stands: an answer can get lost
   * with the reading after it, and a bot must not take its own renewal for somebody else's.
   */
  readonly candidates: Map<string, Lease>;
}

export const TERM_MS = 15 * 60_000;

const MAX_TRIES = 8;

export interface LeaseTools {
  readonly mirror: Pick<Mirror, "readRefs" | "swap"> & {
    readonly objects: Pick<Objects, "note" | "readMessage">;
  };
  readonly clock: Clock;
  readonly holder: string;
  readonly newNonce: () => string;
  /** The same for every bot of a factory; TERM_MS where it is not said. */
  readonly termMs?: number | undefined;
}

export function termOf({ termMs }: Pick<LeaseTools, "termMs">): number {
  return termMs ?? TERM_MS;
}

/** Returns undefined if somebody else holds it. */
export function takeLease(
  tools: LeaseTools,
  ref: string,
  { counters = {}, facts = {} }: Partial<LeasePayload> = {},
): Promise<Lease | undefined> {
  return swapLease(tools, { ref, from: undefined, carried: { counters, facts } });
}

/** Extends the term, and stores its payload; returns undefined if the lease is lost. */
export function renewLease(
  tools: LeaseTools,
  { ref, sha, candidates, counters, facts }: Lease,
  carried: LeasePayload = { counters, facts },
): Promise<Lease | undefined> {
  return swapLease(tools, { ref, from: sha, carried, candidates });
}

/** Takes up a lease of the bot's own earlier life; its paused twin, if any, loses it by the new nonce. */
export async function adoptLease(
  tools: LeaseTools,
  ref: string,
  sha: string,
): Promise<Lease | undefined> {
  const { holder, ...carried } = await readLease(tools, sha);
  return holder === tools.holder ? swapLease(tools, { ref, from: sha, carried }) : undefined;
}

/** Only for who has itself seen `sha` stand for a whole term (expiry.ts). What it carries goes on. */
export async function takeOverLease(
  tools: LeaseTools,
  ref: string,
  sha: string,
): Promise<Lease | undefined> {
  return swapLease(tools, { ref, from: sha, carried: await readLease(tools, sha) });
}

/** Empty when the ref's commit is nobody's lease; undefined when the commit is not here. */
export async function readHolder(tools: RecordReader, sha: string): Promise<string | undefined> {
  try {
    return (await readLease(tools, sha)).holder;
  } catch (error) {
    if (error instanceof DisintoError) return undefined;
    throw error;
  }
}

/** Gone afterwards, or somebody else's. */
export async function releaseLease({ mirror }: LeaseTools, lease: Lease): Promise<void> {
  const isOwn = (sha: string): boolean => lease.candidates.has(sha);
  await compareAndSwap(mirror, { ref: lease.ref, from: lease.sha, to: undefined }, { isOwn });
}

export type FencedPush =
  | { readonly type: "pushed"; readonly lease: Lease }
  | { readonly type: "lost" }
  /** The lease is held, but the work branch is not where it was last seen; nothing was pushed. */
  | { readonly type: "moved"; readonly lease: Lease };

/**
 * Moves the work branch and renews the lease in one atomic push. A lease that is only named, not changed, is not
 * checked by the server, so the renewal is what fences a bot that was paused past its term.
 */
export async function pushFenced(
  tools: LeaseTools,
  lease: Lease,
  { branch, ...carried }: LeasePayload & { readonly branch: Swap },
): Promise<FencedPush> {
  const { ref, candidates } = lease;
  let next = await createCandidate(tools, { ref, carried, candidates });
  let held = lease;
  let refusals = 0;
  let answer: SwapAnswer = "unclear";
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const swaps = [{ ref, from: held.sha, to: next.sha }, branch];
    answer = await tools.mirror.swap(swaps);
    if (answer === "applied") return { type: "pushed", lease: settle(next) };
    const standing = await tools.mirror.readRefs([ref, branch.ref]);
    const end = judge([held, ...candidates.values()], branch, standing);
    if (end.type !== "again") return end;
    // A crash of the server between two renames can leave the lease new and the branch old: push once more.
    if (end.lease === next) next = await createCandidate(tools, { ref, carried, candidates });
    held = end.lease;
    if (answer !== "unclear" && ++refusals >= MAX_REFUSALS) break;
  }
  throw toSwapError(branch.ref, answer);
}

function judge(
  own: readonly Lease[],
  branch: Swap,
  standing: Refs,
): FencedPush | { readonly type: "again"; readonly lease: Lease } {
  const lease = own.find(({ ref, sha }) => standing.get(ref) === sha);
  if (!lease) return { type: "lost" };
  const work = standing.get(branch.ref);
  if (work === branch.to) return { type: "pushed", lease };
  return { type: work === branch.from ? "again" : "moved", lease };
}

interface LeaseSwap {
  readonly ref: string;
  readonly from: string | undefined;
  readonly carried: LeasePayload;
  readonly candidates?: Map<string, Lease>;
}

/** One commit, offered until the forge is known to have it or something else. */
async function swapLease(
  tools: LeaseTools,
  { ref, from, carried, candidates = new Map() }: LeaseSwap,
): Promise<Lease | undefined> {
  const candidate = await createCandidate(tools, { ref, carried, candidates });
  const isOwn = (sha: string): boolean => candidates.has(sha);
  const won = await compareAndSwap(tools.mirror, { ref, from, to: candidate.sha }, { isOwn });
  return won ? settle(candidate) : undefined;
}

/** The term counts from before the candidate is sent, so it ends for the holder no later than for any observer. */
async function createCandidate(
  tools: LeaseTools,
  { ref, carried, candidates }: Omit<LeaseSwap, "from"> & { candidates: Map<string, Lease> },
): Promise<Lease> {
  const { counters, facts } = carried;
  const termMs = termOf(tools);
  const expiresAtMs = tools.clock.monotonicMs() + termMs;
  const sha = await writeNote(tools, { holder: tools.holder, termMs, counters, facts });
  const candidate: Lease = { ref, sha, counters, facts, expiresAtMs, candidates };
  candidates.set(sha, candidate);
  return candidate;
}

/** Known to stand: what was offered before expects what will never stand again. */
function settle(lease: Lease): Lease {
  lease.candidates.clear();
  lease.candidates.set(lease.sha, lease);
  return lease;
}
