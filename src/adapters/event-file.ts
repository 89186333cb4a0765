import { appendFileSync, mkdirSync } from "node:fs";
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
}

/** Appends one JSON line per event, synchronously: an event that was appended survives the process. */
export function buildEventFile({ file, by, clock, echo, redact }: EventFileOptions): EventLog {
  mkdirSync(path.dirname(file), { recursive: true });
  return {
    append: (event) => {
      const text = JSON.stringify({ time: clock.now().toISOString(), by, ...event });
      const line = `${redact(text)}\n`;
      appendFileSync(file, line);
      echo(line);
    },
  };
}
