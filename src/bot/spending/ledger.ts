/**
 * Ledgers: what each bot has spent on each day, and what its sessions that run may still take, as a ref of its own in the
 * factory's repository. One writer each, so nothing is lost by two that write at once; everybody sums all of them.
 */
import type { Ledgers, OpenReservation } from "../../core/budgets.ts";
import {
  addRow,
  type LedgerPage,
  type Reservation,
  readPage,
  type SpendingRow,
} from "../../core/spending.ts";
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Mirror } from "../../ports/git.ts";
import { readNote, writeNote } from "../leases/record.ts";
import { deriveLedgerRef, LEDGERS_FOLDER, parseLedgerRef } from "../leases/refs.ts";
import { compareAndSwap } from "../leases/swap.ts";

interface LedgerTools {
  /** The mirror of the factory's repository. */
  readonly mirror: Mirror;
  readonly clock: Clock;
  readonly bot: string;
  readonly newNonce: () => string;
}

/** Where a session's reservation stands. */
export interface ReservationRef {
  readonly id: string;
  /** The day on which it began, which pays for all of it. */
  readonly day: string;
}

const MAX_TRIES = 8;
const KEPT_DAYS = 90;
const DAY_MS = 24 * 60 * 60_000;

export class Ledger {
  readonly #tools: LedgerTools;
  /** By sha; a commit never changes. */
  readonly #pages = new Map<string, LedgerPage>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(tools: LedgerTools) {
    this.#tools = tools;
  }

  get today(): string {
    return formatDay(this.#tools.clock.now().getTime());
  }

  readAll(): Promise<Ledgers> {
    return readLedgers(this.#tools.mirror, this.#pages);
  }

  /** Stands at the forge when this is answered. */
  async reserve(reservation: Reservation): Promise<ReservationRef> {
    const day = this.today;
    await this.#update(day, ({ rows, open }) => ({ rows, open: [...open, reservation] }));
    return { id: reservation.id, day };
  }

  /** Tells the others how far the session is. */
  note({ id, day }: ReservationRef, used: Reservation["used"]): Promise<void> {
    return this.#update(day, ({ rows, open }) => ({
      rows,
      open: open.map((one) => (one.id === id ? { ...one, used } : one)),
    }));
  }

  /** Turns the reservation into what was spent; once, whoever else does it too. Without a row nothing was spent. */
  async book({ id, day }: ReservationRef, row: SpendingRow | undefined): Promise<void> {
    await this.#update(day, ({ rows, open }) => {
      if (!open.some((one) => one.id === id)) return undefined;
      return { rows: row ? addRow(rows, row) : rows, open: open.filter((one) => one.id !== id) };
    });
  }

  /** Reservations of this bot. */
  async findLeft(): Promise<readonly OpenReservation[]> {
    const { open } = await this.readAll();
    return open.filter(({ bot }) => bot === this.#tools.bot);
  }

  /** What is so old that no budget asks for it goes. */
  async prune(): Promise<void> {
    const { mirror, clock } = this.#tools;
    const oldest = formatDay(clock.now().getTime() - KEPT_DAYS * DAY_MS);
    const standing = await mirror.readRefs([`${LEDGERS_FOLDER}*`]);
    for (const [ref, from] of standing) {
      const day = parseLedgerRef(ref)?.day;
      if (day !== undefined && day < oldest)
        await compareAndSwap(mirror, { ref, from, to: undefined });
    }
  }

  /** One change after the other; another life of this bot may write as well, and then the change is made to its text. */
  #update(day: string, change: (page: LedgerPage) => LedgerPage | undefined): Promise<void> {
    const next = this.#last.then(() => this.#swap(day, change));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #swap(day: string, change: (page: LedgerPage) => LedgerPage | undefined): Promise<void> {
    const { mirror, bot } = this.#tools;
    const ref = deriveLedgerRef(day, bot);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const from = (await mirror.readRefs([ref])).get(ref);
      const page = from === undefined ? emptyPage : await this.#find(ref, from);
      const changed = page && change(page);
      if (page && !changed) return;
      if (!changed) continue;
      const to = await writeNote(this.#tools, { ...changed });
      if (await compareAndSwap(mirror, { ref, from, to })) {
        this.#pages.set(to, changed);
        return;
      }
    }
    throw new DisintoError("forge.conflict", `the ledger ${ref} changes all the time`, {
      hint: "does another process run with this bot's name and token? Stop one of them",
    });
  }

  async #find(ref: string, sha: string): Promise<LedgerPage | undefined> {
    const known = this.#pages.get(sha);
    if (known) return known;
    await readLedgers(this.#tools.mirror, this.#pages);
    const page = this.#pages.get(sha);
    if (page || !(await this.#tools.mirror.readRefs([ref])).has(ref)) return page;
    return undefined;
  }
}

const emptyPage: LedgerPage = { rows: [], open: [] };

/** Every ledger that stands. */
export async function readLedgers(
  mirror: Mirror,
  known: Map<string, LedgerPage> = new Map(),
): Promise<Ledgers> {
  const listed = await mirror.readRefs([`${LEDGERS_FOLDER}*`]);
  const isKnown = [...listed.values()].every((sha) => known.has(sha));
  // What was fetched is what is read: a ledger that changed since the listing must not count for nothing.
  const standing = isKnown ? listed : await mirror.fetchRefs(`${LEDGERS_FOLDER}*`);
  const pages = await Promise.all(
    [...standing].map(async ([ref, sha]) => {
      const place = parseLedgerRef(ref);
      const page = place && (known.get(sha) ?? (await readCommit(mirror, sha)));
      if (!place || !page) return { rows: [], open: [] };
      known.set(sha, page);
      return {
        rows: page.rows.map((row) => ({ ...row, ...place })),
        open: page.open.map((one) => ({ ...one, ...place })),
      };
    }),
  );
  return { rows: pages.flatMap(({ rows }) => rows), open: pages.flatMap(({ open }) => open) };
}

async function readCommit(mirror: Mirror, sha: string): Promise<LedgerPage> {
  return readPage(await readNote({ mirror }, sha));
}

function formatDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
