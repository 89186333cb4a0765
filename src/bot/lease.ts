/**
 * Leases: exclusive ownership of a name, as a compare-and-swap on a ref of the forge. Exactly one taker wins.
 * The protocol and why it is safe: docs/leases.md. Assignees and labels mirror a lease and never decide.
 */
import { DisintoError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Mirror, Objects, Refs, Swap } from "../ports/git.ts";

/** Numbers that must outlive a bot; they travel in the lease. */
export type Counters = Readonly<Record<string, number>>;

interface LeaseRecord {
  readonly holder: string;
  /** Makes each commit unique: of identical commits several takers would be told "up to date". */
  readonly nonce: string;
  /** ISO 8601, for people; expiry never reads it. */
  readonly at: string;
  readonly counters: Counters;
}

export interface Lease {
  readonly ref: string;
  readonly sha: string;
  readonly counters: Counters;
  /** On the holder's monotonic clock; after it the holder must not act. */
  readonly expiresAtMs: number;
}

export const TERM_MS = 15 * 60_000;

const MAX_TRIES = 8;

/** An issue's number; a bot that proves itself uses a word, which no bot takes for an issue. */
export function deriveClaimRef(issue: number | string): string {
  return `refs/disinto/claims/${issue}`;
}

export interface LeaseTools {
  readonly mirror: Pick<Mirror, "readRefs" | "refresh" | "swap"> & {
    readonly objects: Pick<Objects, "note" | "readMessage">;
  };
  readonly clock: Clock;
  readonly holder: string;
  readonly newNonce: () => string;
}

/** Undefined: somebody else holds it. */
export function takeLease(
  tools: LeaseTools,
  ref: string,
  counters: Counters = {},
): Promise<Lease | undefined> {
  return swapLease(tools, { ref, from: undefined, counters });
}

/** Extends the term, and stores the counters; undefined: the lease is lost. */
export function renewLease(
  tools: LeaseTools,
  lease: Lease,
  counters = lease.counters,
): Promise<Lease | undefined> {
  return swapLease(tools, { ref: lease.ref, from: lease.sha, counters });
}

/** Takes up a lease of the bot's own earlier life; its paused twin, if any, loses it by the new nonce. */
export async function adoptLease(
  tools: LeaseTools,
  ref: string,
  sha: string,
): Promise<Lease | undefined> {
  const record = await readRecord(tools, sha);
  if (record?.holder !== tools.holder) return undefined;
  return swapLease(tools, { ref, from: sha, counters: record.counters });
}

interface Reading {
  readonly mirror: { readonly objects: Pick<Objects, "readMessage"> };
}

export async function readHolder(tools: Reading, sha: string): Promise<string | undefined> {
  return (await readRecord(tools, sha))?.holder;
}

export async function releaseLease({ mirror }: LeaseTools, lease: Lease): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    if ((await mirror.swap([{ ref: lease.ref, from: lease.sha, to: undefined }])) === "applied")
      return;
    const standing = (await mirror.readRefs([lease.ref])).get(lease.ref);
    if (standing !== lease.sha) return;
  }
  throw unclear(lease.ref);
}

export type FencedPush =
  | { readonly type: "pushed"; readonly lease: Lease }
  | { readonly type: "lost" }
  /** The lease is held, but the work branch is not where it was last seen; nothing was pushed. */
  | { readonly type: "moved"; readonly lease: Lease };

interface FencedWork {
  readonly branch: Swap;
  readonly counters: Counters;
}

/**
 * Moves the work branch and renews the lease in one atomic push. A lease that is only named, not changed, is not
 * checked by the server, so the renewal is what fences a bot that was paused past its term.
 */
export async function pushFenced(
  tools: LeaseTools,
  lease: Lease,
  { branch, counters }: FencedWork,
): Promise<FencedPush> {
  let offer = await makeOffer(tools, lease, counters);
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const swaps = [{ ref: lease.ref, from: offer.held.sha, to: offer.next.sha }, branch];
    if ((await tools.mirror.swap(swaps)) === "applied")
      return { type: "pushed", lease: offer.next };
    const end = judge(offer, branch, await tools.mirror.readRefs([lease.ref, branch.ref]));
    if (end === "half") offer = await makeOffer(tools, offer.next, counters);
    else if (end !== "again") return end;
  }
  throw unclear(lease.ref);
}

/** The lease held, and the commit offered in its place until it is known which of the two stands. */
interface Offer {
  readonly held: Lease;
  readonly next: Lease;
}

async function makeOffer(tools: LeaseTools, held: Lease, counters: Counters): Promise<Offer> {
  const sentAtMs = tools.clock.monotonicMs();
  return {
    held,
    next: toLease({ ref: held.ref, sha: await writeLease(tools, counters), counters, sentAtMs }),
  };
}

/** `half`: a crash of the server between two renames left the lease new and the branch old; push once more. */
function judge({ held, next }: Offer, branch: Swap, standing: Refs): FencedPush | "again" | "half" {
  const claim = standing.get(held.ref);
  const work = standing.get(branch.ref);
  if (claim !== next.sha && claim !== held.sha) return { type: "lost" };
  const lease = claim === next.sha ? next : held;
  if (work === branch.to) return { type: "pushed", lease };
  if (work !== branch.from) return { type: "moved", lease };
  return lease === next ? "half" : "again";
}

interface LeaseSwap {
  readonly ref: string;
  readonly from: string | undefined;
  readonly counters: Counters;
}

/** One commit, offered until the forge is known to have it or something else. */
async function swapLease(
  tools: LeaseTools,
  { ref, from, counters }: LeaseSwap,
): Promise<Lease | undefined> {
  const sentAtMs = tools.clock.monotonicMs();
  const mine = await writeLease(tools, counters);
  const lease = toLease({ ref, sha: mine, counters, sentAtMs });
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    if ((await tools.mirror.swap([{ ref, from, to: mine }])) === "applied") return lease;
    const standing = (await tools.mirror.readRefs([ref])).get(ref);
    if (standing === mine) return lease;
    if (standing !== from) return undefined;
  }
  throw unclear(ref);
}

function toLease({ sentAtMs, ...lease }: Omit<Lease, "expiresAtMs"> & { sentAtMs: number }): Lease {
  return { ...lease, expiresAtMs: sentAtMs + TERM_MS };
}

function writeLease(
  { mirror, clock, holder, newNonce }: LeaseTools,
  counters: Counters,
): Promise<string> {
  const record: LeaseRecord = {
    holder,
    nonce: newNonce(),
    at: clock.now().toISOString(),
    counters,
  };
  return mirror.objects.note(`${JSON.stringify(record)}\n`);
}

async function readRecord({ mirror }: Reading, sha: string): Promise<LeaseRecord | undefined> {
  try {
    const record = JSON.parse(await mirror.objects.readMessage(sha)) as Partial<LeaseRecord>;
    if (typeof record.holder !== "string") return undefined;
    return {
      holder: record.holder,
      nonce: record.nonce ?? "",
      at: record.at ?? "",
      counters: record.counters ?? {},
    };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DisintoError) return undefined;
    throw error;
  }
}

function unclear(ref: string): DisintoError {
  return new DisintoError(
    "forge.unavailable",
    `the forge neither took nor refused a change of ${ref}`,
    {
      hint: "the bot tries again by itself; look at the forge's log if this stays",
    },
  );
}
