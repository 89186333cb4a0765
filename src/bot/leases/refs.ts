/** The names of everything that is owned by compare-and-swap; docs/leases.md has the table. */

export const COORDINATION_PREFIX = "refs/disinto/";
export const ALL_COORDINATION_REFS = `${COORDINATION_PREFIX}*`;

/** An issue's number; a bot that proves itself uses a word, which no bot takes for an issue. */
export function deriveClaimRef(issue: number | string): string {
  return `${COORDINATION_PREFIX}claims/${issue}`;
}

/** Returns undefined if it is no claim on an issue. */
export function parseClaimRef(ref: string): number | undefined {
  const issue = /^refs\/disinto\/claims\/(\d+)$/.exec(ref)?.[1];
  return issue === undefined ? undefined : Number(issue);
}

/** The turn to merge into a branch. */
export function deriveLaneRef(branch: string): string {
  return `${COORDINATION_PREFIX}lanes/${branch}`;
}

/** The review of a pull request, shared out among review bots. */
export function deriveReviewRef(pull: number): string {
  return `${COORDINATION_PREFIX}reviews/${pull}`;
}

/** Ends with a slash; a slot's number follows. `backend` is a name from core/backend.ts. */
export function deriveSlotFolder(backend: string): string {
  return `${COORDINATION_PREFIX}slots/${backend}/`;
}

export function deriveBreakerRef(name: string): string {
  return `${COORDINATION_PREFIX}breakers/${name}`;
}

/** Followed by a day and a bot. */
export const LEDGERS_FOLDER = `${COORDINATION_PREFIX}ledgers/`;

/** What one bot has spent on one day (`2026-01-31`, in UTC). */
export function deriveLedgerRef(day: string, bot: string): string {
  return `${LEDGERS_FOLDER}${day}/${bot}`;
}

/** Answers undefined where it is no ledger. */
export function parseLedgerRef(
  ref: string,
): { readonly day: string; readonly bot: string } | undefined {
  const [, day, bot] = /^refs\/disinto\/ledgers\/(\d{4}-\d\d-\d\d)\/([^/]+)$/.exec(ref) ?? [];
  return day === undefined || bot === undefined ? undefined : { day, bot };
}

/** Where the objects of a push wait that is made under this lease. */
export function deriveObjectsRef(lease: string): string {
  return `${COORDINATION_PREFIX}objects/${lease.slice(COORDINATION_PREFIX.length)}`;
}

/** Everything below it stops somebody. */
export const PAUSES_FOLDER = `${COORDINATION_PREFIX}pauses/`;

/** Without a bot it is the whole factory's. A bot may be called anything, so the factory's has a name of its own kind. */
export function derivePauseRef(bot: string | undefined): string {
  return bot === undefined ? `${PAUSES_FOLDER}factory` : `${PAUSES_FOLDER}bots/${bot}`;
}

/** Undefined where it is no pause of a bot's: the factory's. */
export function parsePausedBot(ref: string): string | undefined {
  const prefix = derivePauseRef("");
  return ref.startsWith(prefix) ? ref.slice(prefix.length) : undefined;
}
