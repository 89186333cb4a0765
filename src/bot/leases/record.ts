/** What a lease's commit says: JSON in the message of a parentless commit of the empty tree. */
import type { Clock } from "../../ports/clock.ts";
import type { Objects } from "../../ports/git.ts";

/** Numbers that must outlive a bot; they travel in the lease. */
export type Counters = Readonly<Record<string, number>>;

/** What was true when the lease was taken and must be known later, such as the hash of an issue's text. */
export type Facts = Readonly<Record<string, string>>;

/** Goes from holder to holder. */
export interface LeasePayload {
  readonly counters: Counters;
  readonly facts: Facts;
}

export interface LeaseRecord extends LeasePayload {
  readonly holder: string;
  /** An observer waits for at least this, whatever its own setting is. */
  readonly termMs: number;
}

interface RecordWriter {
  readonly mirror: { readonly objects: Pick<Objects, "note"> };
  readonly clock: Clock;
  readonly newNonce: () => string;
}

/** `nonce` makes each commit unique; `at` is for people, and nothing decides by it. */
export function writeNote(
  { mirror, clock, newNonce }: RecordWriter,
  content: Readonly<Record<string, unknown>>,
): Promise<string> {
  const note = { at: clock.now().toISOString(), ...content, nonce: newNonce() };
  return mirror.objects.note(`${JSON.stringify(note)}\n`);
}

export interface RecordReader {
  readonly mirror: { readonly objects: Pick<Objects, "readMessage"> };
}

/** Undefined when the commit's text is no JSON object; fails when the commit was never fetched. */
export async function readNote(
  { mirror }: RecordReader,
  sha: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await mirror.objects.readMessage(sha);
  try {
    const note: unknown = JSON.parse(text);
    return typeof note === "object" && note !== null ? { ...note } : undefined;
  } catch {
    return undefined;
  }
}

/** Whoever wrote it, it is read with care: a strange text is nobody's lease and carries nothing. */
export async function readLease(tools: RecordReader, sha: string): Promise<LeaseRecord> {
  const { holder, termMs, counters, facts } = (await readNote(tools, sha)) ?? {};
  return {
    holder: typeof holder === "string" ? holder : "",
    termMs: isCount(termMs) ? Math.min(termMs, MAX_TERM_MS) : 0,
    counters: pick(counters, isCount),
    facts: pick(facts, (value): value is string => typeof value === "string"),
  };
}

/** A lease that is written to last for ever lasts a day without a renewal. */
const MAX_TERM_MS = 24 * 60 * 60_000;

/** Less than nothing would be a budget without end. */
function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function pick<T>(values: unknown, is: (value: unknown) => value is T): Readonly<Record<string, T>> {
  if (typeof values !== "object" || values === null) return {};
  const known = Object.entries(values).flatMap(([key, value]) =>
    is(value) ? [[key, value] as const] : [],
  );
  return Object.fromEntries(known);
}
