/** Reads the events of every service of a local factory as they are written. */

import { open, readdir } from "node:fs/promises";
import path from "node:path";
import { LOCAL_STATE_FOLDER } from "../engines/local/definition.ts";
import type { BotEvent } from "../ports/event-log.ts";

type Fields<E> = E extends unknown ? Exclude<keyof E, "type"> : never;

/** One event with whatever fields its type has. */
export type WatchedEvent = { readonly by: string; readonly type: BotEvent["type"] } & {
  readonly [Field in Fields<BotEvent>]?: string | number;
};

export interface EventWatch {
  /** Every event returned so far. */
  readonly received: readonly WatchedEvent[];
  /** Events written since the last call. */
  next(): Promise<readonly WatchedEvent[]>;
}

export function watchEvents(folder: string): EventWatch {
  const root = path.join(folder, LOCAL_STATE_FOLDER);
  const offsets = new Map<string, number>();
  const received: WatchedEvent[] = [];
  return {
    received,
    next: async () => {
      const services = await readdir(root).catch(() => []);
      const files = services.map((service) => path.join(root, service, "data", "events.jsonl"));
      const fresh = (await Promise.all(files.map((file) => readFresh(file, offsets)))).flat();
      received.push(...fresh);
      return fresh;
    },
  };
}

/** Only whole lines; the rest of a line being written is read the next time. */
async function readFresh(
  file: string,
  offsets: Map<string, number>,
): Promise<readonly WatchedEvent[]> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return [];
  try {
    const { size } = await handle.stat();
    const before = offsets.get(file) ?? 0;
    // A shorter file is a new one: the full one was put aside.
    const from = before > size ? 0 : before;
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(size - from),
      0,
      size - from,
      from,
    );
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
    offsets.set(file, from + end);
    const lines = buffer.subarray(0, end).toString("utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as WatchedEvent);
  } finally {
    await handle.close();
  }
}
