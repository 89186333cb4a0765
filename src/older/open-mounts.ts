import { existsSync } from "node:fs";
import path from "node:path";

/** A bot that worked before mounts were looked at: `mark` is the file that tells they were found shut once. */
export function workedWithOpenMounts(dataFolder: string, mark: string): boolean {
  return existsSync(path.join(dataFolder, "events.jsonl")) && !existsSync(mark);
}
