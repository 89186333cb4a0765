/**
 * Pauses: a person's word that one bot, or all of them, begin nothing and go on with nothing until it is taken back. A
 * ref in the factory's repository, so whoever may write there may say it, and no bot has to be reached for it.
 */
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Mirror } from "../../ports/git.ts";
import { type RecordReader, readNote, writeNote } from "./record.ts";
import { derivePauseRef, PAUSES_FOLDER, parsePausedBot } from "./refs.ts";
import { compareAndSwap } from "./swap.ts";

export interface Pause {
  /** Absent where it is the whole factory's. */
  readonly bot: string | undefined;
  /** Login of the person who said it. */
  readonly by: string;
  /** ISO 8601, for people. */
  readonly at: string;
  readonly reason: string | undefined;
}

export interface PauseTools {
  /** The mirror of the factory's repository, as the person who acts. */
  readonly mirror: Mirror;
  readonly clock: Clock;
}

/** Undefined stands for the whole factory. */
type Paused = readonly (string | undefined)[];

/** Answers whom it has stopped that was not stopped before. */
export async function pause(
  { mirror, clock }: PauseTools,
  who: Paused,
  { by, reason }: Pick<Pause, "by" | "reason">,
): Promise<Paused> {
  const standing = await mirror.readRefs([`${PAUSES_FOLDER}*`]);
  const fresh: (string | undefined)[] = [];
  for (const bot of who) {
    const ref = derivePauseRef(bot);
    if (standing.has(ref)) continue;
    const newNonce = () => crypto.randomUUID();
    const to = await writeNote({ mirror, clock, newNonce }, { by, reason });
    if (await compareAndSwap(mirror, { ref, from: undefined, to })) fresh.push(bot);
  }
  return fresh;
}

/** Takes back the pauses of these, or every one; answers which stood. */
export async function resume(
  { mirror }: Pick<PauseTools, "mirror">,
  who: Paused | "everybody",
): Promise<Paused> {
  const standing = await mirror.readRefs([`${PAUSES_FOLDER}*`]);
  const wanted = who === "everybody" ? [...standing.keys()] : who.map(derivePauseRef);
  const ended: (string | undefined)[] = [];
  for (const ref of wanted) {
    const from = standing.get(ref);
    if (from === undefined) continue;
    if (await compareAndSwap(mirror, { ref, from, to: undefined })) ended.push(parsePausedBot(ref));
  }
  return ended;
}

/** All that stand; the factory's first. */
export async function listPauses(mirror: Mirror): Promise<readonly Pause[]> {
  const standing = await mirror.readRefs([`${PAUSES_FOLDER}*`]);
  if (standing.size === 0) return [];
  const fetched = await mirror.fetchRefs(`${PAUSES_FOLDER}*`);
  const found = [...fetched].map(([ref, sha]) => readPause(mirror, ref, sha));
  return (await Promise.all(found)).toSorted((a, b) => ((a.bot ?? "") < (b.bot ?? "") ? -1 : 1));
}

/** What stops this bot now: its own pause before the factory's. One listing, and no more while there is none. */
export async function findPause(mirror: Mirror, bot: string): Promise<Pause | undefined> {
  const own = [derivePauseRef(bot), derivePauseRef(undefined)];
  const standing = await mirror.readRefs(own);
  const ref = own.find((one) => standing.has(one));
  if (ref === undefined) return undefined;
  const sha = (await mirror.fetchRefs(`${PAUSES_FOLDER}*`)).get(ref);
  return sha === undefined ? undefined : readPause(mirror, ref, sha);
}

/** A ref that stands stops the bots, whatever its commit says. */
async function readPause(mirror: RecordReader["mirror"], ref: string, sha: string): Promise<Pause> {
  const note = await readNote({ mirror }, sha).catch((error: unknown) => {
    if (error instanceof DisintoError) return undefined;
    throw error;
  });
  const { by, at, reason } = note ?? {};
  return {
    bot: parsePausedBot(ref),
    by: typeof by === "string" ? by : "somebody",
    at: typeof at === "string" ? at : "",
    reason: typeof reason === "string" && reason !== "" ? reason : undefined,
  };
}

/** For people. */
export function formatPause({ bot, by, reason }: Pick<Pause, "bot" | "by" | "reason">): string {
  return `${bot ?? "the whole factory"} is paused by ${by}${reason === undefined ? "" : `: ${reason}`}`;
}
