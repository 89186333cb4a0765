/** Reads events from where an engine's services keep them. */
import type { StampedEvent } from "../core/bot-status.ts";
import type { EventArchive, EventSource } from "../ports/event-archive.ts";

/** The text of one file of a service's data folder; empty where there is none. */
export type ReadEventFile = (
  source: EventSource,
  file: string,
  signal: AbortSignal | undefined,
) => Promise<string>;

/** The older one first. */
const files = ["events.1.jsonl", "events.jsonl"];

export function buildEventArchive(
  load: () => Promise<ReadEventFile>,
  signal?: AbortSignal,
): EventArchive {
  return {
    read: async (source) => {
      const readFile = await load();
      const texts: string[] = [];
      for (const file of files) texts.push(await readFile(source, file, signal));
      return parse(texts.join(""));
    },
  };
}

/** A line that was cut by a kill is left out. */
function parse(text: string): readonly StampedEvent[] {
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as StampedEvent];
    } catch {
      return [];
    }
  });
}
