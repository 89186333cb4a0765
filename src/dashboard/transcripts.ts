/** What sessions wrote, line by line as bots hand it in; bounded for each session and in their number. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

/** For each bot; the oldest go first. */
const MOST_FILES = 50;
const MAX_BYTES = 4_000_000;
/** A time, then whose session it is. */
const NAME = /^\d{8}T\d{9}Z-[\w.-]{1,100}$/;

export class Transcripts {
  readonly #folder: string;
  readonly #counts = new Map<string, { lines: number; bytes: number }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Newest first. */
  list(by: string): readonly string[] {
    try {
      const files = readdirSync(path.join(this.#folder, by)).filter((file) =>
        file.endsWith(".log"),
      );
      return files
        .map((file) => file.slice(0, -4))
        .sort()
        .reverse();
    } catch {
      return [];
    }
  }

  read(by: string, name: string): readonly string[] | undefined {
    if (!NAME.test(name)) return undefined;
    try {
      const text = readFileSync(this.#locate(by, name), "utf8");
      return text.split("\n").slice(0, -1);
    } catch {
      return undefined;
    }
  }

  /** `at` is the line's place in its transcript: what is there already is not written again. */
  append(by: string, { name, at, line }: { name: string; at: number; line: string }): boolean {
    if (!NAME.test(name)) return false;
    const count = this.#count(by, name);
    if (at !== count.lines || count.bytes > MAX_BYTES) return false;
    if (at === 0) this.#make(by);
    appendFileSync(this.#locate(by, name), `${line.replaceAll("\n", " ")}\n`, { mode: 0o600 });
    count.lines++;
    count.bytes += line.length + 1;
    return true;
  }

  #count(by: string, name: string): { lines: number; bytes: number } {
    const key = `${by}/${name}`;
    const known = this.#counts.get(key);
    if (known) return known;
    const lines = this.read(by, name) ?? [];
    const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
    const count = { lines: lines.length, bytes };
    this.#counts.set(key, count);
    return count;
  }

  #make(by: string): void {
    const folder = path.join(this.#folder, by);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of this.list(by).slice(MOST_FILES - 1)) {
      rmSync(this.#locate(by, name), { force: true });
      this.#counts.delete(`${by}/${name}`);
    }
  }

  #locate(by: string, name: string): string {
    return path.join(this.#folder, by, `${name}.log`);
  }
}
