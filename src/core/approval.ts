/**
 * An approval is bound to a hand and a text. The forge says who put a label on, and not who changed a text, or when: so a
 * comment of ours holds the hash of the text that stood, and a label counts if a trusted person put it on after that. Pure.
 */
import type { TimelineEvent } from "../ports/forge.ts";

export interface TrustedUsers {
  /** Whose labels approve. */
  readonly people: readonly string[];
  /** Whose comments with a hash are believed, beside those of people. */
  readonly bots: readonly string[];
}

export type Approval =
  /** Nobody has said which text stands. */
  | "unsaid"
  /** It was said, and no trusted person has put the label on since. */
  | "waiting"
  | "approved";

interface Question extends TrustedUsers {
  /** Oldest first. */
  readonly timeline: readonly TimelineEvent[];
  readonly label: string;
  /** Hash of the text as it stands. */
  readonly pin: string;
}

const HASH_MARK = /<!-- disinto:text:([0-9a-f]{64}) -->/;

/** Found again by every bot. */
export function formatTextKey(pin: string): string {
  return `<!-- disinto:text:${pin} -->`;
}

export function judgeApproval({ timeline, label, pin, people, bots }: Question): Approval {
  const posted = findPostedHash(timeline, [...people, ...bots]);
  if (posted?.pin !== pin) return "unsaid";
  const last = timeline.findLast((event) => isAbout(event, label));
  if (last?.type !== "label-added" || last.id <= posted.id) return "waiting";
  return isOneOf(people, last.author) ? "approved" : "waiting";
}

/** For a text whose author is trusted, whatever becomes of it: only the hand counts. */
export function wasPutOnBy(
  timeline: readonly TimelineEvent[],
  { label, people }: { readonly label: string; readonly people: readonly string[] },
): boolean {
  const last = timeline.findLast((event) => isAbout(event, label));
  return last?.type === "label-added" && isOneOf(people, last.author);
}

/** How often it was said: who changes a text again and again is not answered for ever. */
export function countPostedHashes(timeline: readonly TimelineEvent[], users: TrustedUsers): number {
  return timeline.filter((event) => readPostedHash(event, [...users.people, ...users.bots])).length;
}

function findPostedHash(timeline: readonly TimelineEvent[], by: readonly string[]) {
  const event = timeline.findLast((one) => readPostedHash(one, by) !== undefined);
  const pin = event && readPostedHash(event, by);
  return event && pin !== undefined ? { id: event.id, pin } : undefined;
}

/** A stranger can write such a comment too. */
function readPostedHash(event: TimelineEvent, by: readonly string[]): string | undefined {
  if (event.type !== "commented" || !isOneOf(by, event.author)) return undefined;
  return HASH_MARK.exec(event.body.slice(-MAX_COMMENT))?.[1];
}

const MAX_COMMENT = 10_000;

function isAbout(event: TimelineEvent, label: string): boolean {
  return (event.type === "label-added" || event.type === "label-removed") && event.label === label;
}

function isOneOf(logins: readonly string[], login: string): boolean {
  return logins.some((one) => one.toLowerCase() === login.toLowerCase());
}
