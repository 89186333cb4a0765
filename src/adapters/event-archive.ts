/** Reads events from where an engine's services keep them: folders of child processes, or volumes of containers. */
import { readFile } from "node:fs/promises";
import type { StampedEvent } from "../core/bot-status.ts";
import type { EngineName } from "../core/factory.ts";
import type { EventArchive, EventSource } from "../ports/event-archive.ts";
import { run } from "./process.ts";

/** The older one first. */
const files = ["events.1.jsonl", "events.jsonl"];
const HEADER_BYTES = 512;

export function buildEventArchive(engine: EngineName, signal?: AbortSignal): EventArchive {
  const readText = engine === "local" ? readHere : copyOut;
  return {
    read: async (source) => {
      const texts: string[] = [];
      for (const file of files) texts.push(await readText(source, file, signal));
      return parse(texts.join(""));
    },
  };
}

function readHere({ dataFolder }: EventSource, file: string): Promise<string> {
  return readFile(`${dataFolder}/${file}`, "utf8").catch(() => "");
}

/** As a tar archive of one file: unlike `exec`, a copy needs no running container, and no program in it. */
async function copyOut(
  { container, dataFolder }: EventSource,
  file: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const from = `${container}:${dataFolder}/${file}`;
  const options = signal ? { signal } : {};
  const { exitCode, stdout } = await run(["docker", "cp", from, "-"], options);
  if (exitCode !== 0) return "";
  const archive = Buffer.from(stdout);
  const size = Number.parseInt(archive.toString("latin1", 124, 136), 8);
  return archive.toString("utf8", HEADER_BYTES, HEADER_BYTES + size);
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
