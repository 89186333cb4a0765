/** What bots handed in, kept as they wrote it: one file of JSON lines for each, so that a restart knows all of it again. */
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from "node:fs";
import path from "node:path";
import type { StampedEvent } from "../core/bot-status.ts";

/** What one file may grow to; the one before it is kept. */
const MAX_BYTES = 10_000_000;
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

export class EventStore {
  readonly #folder: string;
  readonly #last = new Map<string, string>();
  readonly #sizes = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** All of them, oldest first. */
  load(): readonly StampedEvent[] {
    const files = readdirSync(this.#folder).filter((file) => file.endsWith(".jsonl"));
    // `ada.1.jsonl` is older than `ada.jsonl`.
    const events = files.sort().flatMap((file) => {
      const by = file.split(".")[0] ?? "";
      const lines = readFileSync(path.join(this.#folder, file), "utf8").split("\n");
      const last = lines.findLast((line) => line !== "");
      if (last !== undefined) this.#last.set(by, last);
      return lines.flatMap((line) => parseEvent(line, by) ?? []);
    });
    return sortByTime(events);
  }

  /** The newest line of a bot, as it wrote it. */
  lastOf(by: string): string | undefined {
    return this.#last.get(by);
  }

  append(by: string, line: string): void {
    const file = path.join(this.#folder, `${by}.jsonl`);
    const size = this.#sizes.get(by) ?? statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const isFull = size > 0 && size + line.length > MAX_BYTES;
    if (isFull) renameSync(file, path.join(this.#folder, `${by}.1.jsonl`));
    appendFileSync(file, `${line}\n`, { mode: 0o600 });
    this.#sizes.set(by, (isFull ? 0 : size) + Buffer.byteLength(line) + 1);
    this.#last.set(by, line);
  }
}

export function isName(name: string): boolean {
  return name.length <= 40 && NAME.test(name);
}

/** Undefined for what is no event of this bot's: a line cut by a kill, or another's. */
export function parseEvent(line: string, by?: string): StampedEvent | undefined {
  if (line === "") return undefined;
  try {
    const event = JSON.parse(line) as StampedEvent;
    const isEvent =
      typeof event.type === "string" &&
      /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(event.time) &&
      typeof event.by === "string";
    return isEvent && (by === undefined || event.by === by) ? event : undefined;
  } catch {
    return undefined;
  }
}

export function sortByTime(events: readonly StampedEvent[]): readonly StampedEvent[] {
  return events.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}
