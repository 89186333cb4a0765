import { readFile } from "node:fs/promises";
import path from "node:path";

/** Every event in a data folder, oldest first; those of a full file that was put aside too. */
export async function readEvents(dataFolder: string): Promise<readonly Record<string, unknown>[]> {
  const files = ["events.1.jsonl", "events.jsonl"].map((name) => path.join(dataFolder, name));
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return texts
    .join("")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
