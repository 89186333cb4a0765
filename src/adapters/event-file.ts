import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";

interface EventFileOptions {
  readonly file: string;
  /** Whose events these are; stands in every line. */
  readonly by: string;
  readonly clock: Clock;
  /** Receives each line too, for `docker logs`. */
  readonly echo: (line: string) => void;
  /** Takes the bot's secrets out of a text. */
  readonly redact: (text: string) => string;
  /** What the file may grow to; the one before it is kept. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 5_000_000;

/** Appends one JSON line per event, synchronously: an event that was appended survives the process. */
export function buildEventFile(options: EventFileOptions): EventLog {
  const { file, by, clock, echo, redact, maxBytes = MAX_BYTES } = options;
  mkdirSync(path.dirname(file), { recursive: true });
  let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return {
    append: (event) => {
      const text = JSON.stringify({ time: clock.now().toISOString(), by, ...event });
      const line = `${redact(text)}\n`;
      if (size > 0 && size + Buffer.byteLength(line) > maxBytes) {
        renameSync(file, deriveEarlierFile(file));
        size = 0;
      }
      appendFileSync(file, line, { mode: 0o600 });
      size += Buffer.byteLength(line);
      echo(line);
    },
  };
}

/** `events.jsonl` → `events.1.jsonl`. */
export function deriveEarlierFile(file: string): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}.1${ext}`);
}
