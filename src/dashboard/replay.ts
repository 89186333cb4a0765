/** A recorded day, played again: events of files, told at the times at which they were told, or faster. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { StampedEvent } from "../core/bot-status.ts";
import { DisintoError } from "../errors.ts";
import { parseEvent, sortByTime } from "./event-store.ts";
import type { FactoryView } from "./factory-view.ts";

/** Each event of every file of JSON lines below the folder, once. */
export function readRecording(folder: string): readonly StampedEvent[] {
  const files = listFiles(folder).filter((file) => file.endsWith(".jsonl"));
  const lines = new Set(files.flatMap((file) => readFileSync(file, "utf8").split("\n")));
  const events = sortByTime([...lines].flatMap((line) => parseEvent(line) ?? []));
  if (events.length > 0) return events;
  throw new DisintoError("usage.invalid", `there are no events below ${folder}`, {
    hint: "name a factory's .disinto/local, or a folder with files events.jsonl",
  });
}

function listFiles(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.join(parentPath, name))
      .sort();
  } catch (error) {
    throw new DisintoError("usage.invalid", `${folder} cannot be read`, { cause: error });
  }
}

/** The recording's own time, and what is told at it. */
export class Recording {
  readonly #events: readonly StampedEvent[];
  readonly #speed: number;
  readonly #startMs: number;
  readonly #realStartMs = performance.now();
  #next = 0;

  constructor(events: readonly StampedEvent[], speed: number) {
    this.#events = events;
    this.#speed = speed;
    this.#startMs = Date.parse(events[0]?.time ?? "");
  }

  get now(): Date {
    const last = Date.parse(this.#events.at(-1)?.time ?? "");
    const nowMs = this.#startMs + (performance.now() - this.#realStartMs) * this.#speed;
    return new Date(this.isOver ? Math.min(nowMs, last) : nowMs);
  }

  get isOver(): boolean {
    return this.#next >= this.#events.length;
  }

  /** Tells what is due. */
  play(view: FactoryView): void {
    const now = this.now.toISOString();
    for (let event = this.#events[this.#next]; event; event = this.#events[this.#next]) {
      if (event.time > now) return;
      this.#next++;
      view.add(event);
    }
  }
}
