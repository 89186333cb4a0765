/** What a bot has said so far, kept as its status: from its events, so that it never differs from what they say. */
import { applyEvent, type BotStatus, unknownStatus } from "../../core/bot-status.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { Mirror } from "../../ports/git.ts";

export class StatusKeeper implements EventLog {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #by: string;
  #status = unknownStatus;
  #standsSinceMs = 0;
  readonly #traffic = new Map<string, number>();

  constructor(log: EventLog, { clock, by }: { readonly clock: Clock; readonly by: string }) {
    this.#log = log;
    this.#clock = clock;
    this.#by = by;
  }

  append(event: Parameters<EventLog["append"]>[0]): void {
    this.#log.append(event);
    const time = this.#clock.now().toISOString();
    const before = this.#status.standing;
    this.#status = applyEvent(this.#status, { ...event, time, by: this.#by });
    if (this.#status.standing !== before) this.#standsSinceMs = this.#clock.monotonicMs();
  }

  get inStateMs(): number {
    return this.#clock.monotonicMs() - this.#standsSinceMs;
  }

  get status(): BotStatus {
    return this.#status;
  }

  /** Requests to the forge since the process began, by kind: `api`, `fetch`, `refs`, `push`. */
  get traffic(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#traffic);
  }

  countRequest(kind: string): void {
    this.#traffic.set(kind, (this.#traffic.get(kind) ?? 0) + 1);
  }

  /** The same mirror; what it asks of the forge is counted. */
  watching(mirror: Mirror): Mirror {
    const counted =
      <Args extends unknown[], Result>(kind: string, act: (...args: Args) => Result) =>
      (...args: Args): Result => {
        this.countRequest(kind);
        return act(...args);
      };
    return {
      ...mirror,
      refresh: counted("fetch", mirror.refresh),
      fetchRefs: counted("fetch", mirror.fetchRefs),
      readRefs: counted("refs", mirror.readRefs),
      swap: counted("push", mirror.swap),
    };
  }
}
