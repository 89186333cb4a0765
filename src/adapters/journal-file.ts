import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { Journal } from "../ports/journal.ts";

/** One JSON file, replaced as a whole. A file that cannot be read as JSON counts as none: the forge knows the rest. */
export function buildJournalFile<Entry>(file: string): Journal<Entry> {
  return {
    load: async () => {
      try {
        return JSON.parse(await readFile(file, "utf8")) as Entry;
      } catch (error) {
        if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT")
          return undefined;
        throw error;
      }
    },
    save: async (entry) => {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFileAtomic(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    },
  };
}
