/** Sums by day, for the charts: what was merged, what it took, and what was lost on the way. Pure. */
import type { StampedEvent } from "../bot-status.ts";
import { addTotals, NO_SESSIONS, type SessionTotals, toMs, totalsOf } from "./issue-summary.ts";

export interface DailySpending {
  /** `2026-01-31`, in UTC. */
  readonly day: string;
  readonly bot: string;
  readonly model: string;
  readonly project: string;
  readonly spending: SessionTotals;
}

export interface SlotDay {
  readonly day: string;
  readonly backend: string;
  readonly heldMs: number;
  readonly waitedMs: number;
}

export class DailyTotals {
  readonly #merged = new Map<string, number>();
  readonly #lost = new Map<string, Map<string, number>>();
  readonly #spent = new Map<string, DailySpending>();
  readonly #slots = new Map<string, SlotDay>();
  readonly #models = new Map<string, string>();
  /** When each slot was taken, by who holds it. */
  readonly #taken = new Map<string, string>();

  add(event: StampedEvent): void {
    const day = event.time.slice(0, 10);
    switch (event.type) {
      case "bot.started":
        this.#models.set(event.by, event.model ?? "unknown");
        break;
      case "pull.merged":
        increase(this.#merged, day, 1);
        break;
      case "budget.charged":
        this.#lose(day, event.cause);
        break;
      case "merge.refused":
        this.#lose(day, `merge: ${event.kind}`);
        break;
      case "session.ended":
        this.#spend(day, event);
        break;
      case "slot.taken":
      case "slot.released":
        this.#useSlot(day, event);
        break;
      default:
    }
  }

  get merged(): ReadonlyMap<string, number> {
    return this.#merged;
  }

  get lost(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return this.#lost;
  }

  get spent(): readonly DailySpending[] {
    return [...this.#spent.values()];
  }

  get slots(): readonly SlotDay[] {
    return [...this.#slots.values()];
  }

  #lose(day: string, cause: string): void {
    const causes = this.#lost.get(day) ?? new Map<string, number>();
    increase(causes, cause, 1);
    this.#lost.set(day, causes);
  }

  #spend(day: string, event: Extract<StampedEvent, { type: "session.ended" }>): void {
    const { by: bot, project } = event;
    const model = this.#models.get(bot) ?? "unknown";
    const key = [day, bot, model, project].join("\n");
    const before = this.#spent.get(key)?.spending ?? NO_SESSIONS;
    const spending = addTotals(before, totalsOf(event));
    this.#spent.set(key, { day, bot, model, project, spending });
  }

  /** Counted on the day on which it was given back. */
  #useSlot(
    day: string,
    event: Extract<StampedEvent, { type: "slot.taken" | "slot.released" }>,
  ): void {
    const holder = `${event.by} ${event.backend}#${event.slot}`;
    const key = `${day}\n${event.backend}`;
    const row = this.#slots.get(key) ?? { day, backend: event.backend, heldMs: 0, waitedMs: 0 };
    if (event.type === "slot.taken") {
      this.#taken.set(holder, event.time);
      this.#slots.set(key, { ...row, waitedMs: row.waitedMs + event.waitedMs });
      return;
    }
    const since = this.#taken.get(holder);
    this.#taken.delete(holder);
    const heldMs = since === undefined ? 0 : Math.max(0, toMs(event.time) - toMs(since));
    this.#slots.set(key, { ...row, heldMs: row.heldMs + heldMs });
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
