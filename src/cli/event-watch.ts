/** Reads the events of every service of a local factory as they are written. */

import { open, readdir } from "node:fs/promises";
import path from "node:path";
import type { StampedEvent } from "../core/bot-status.ts";
import { LOCAL_STATE_FOLDER } from "../engines/local/definition.ts";

export interface EventWatch {
  /** Events written since the last call. */
  next(): Promise<readonly StampedEvent[]>;
}

export function watchEvents(folder: string): EventWatch {
  const root = path.join(folder, LOCAL_STATE_FOLDER);
  const offsets = new Map<string, number>();
  return {
    next: async () => {
      const services = await readdir(root).catch(() => []);
      const files = services.map((service) => path.join(root, service, "data", "events.jsonl"));
      return (await Promise.all(files.map((file) => readFresh(file, offsets)))).flat();
    },
  };
}

/** Only whole lines; the rest of a line being written is read the next time. */
async function readFresh(
  file: string,
  offsets: Map<string, number>,
): Promise<readonly StampedEvent[]> {
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
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as StampedEvent);
  } finally {
    await handle.close();
  }
}
