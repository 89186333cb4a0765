/** Runs beside the whole test run: samples every process's arguments, and at the end judges what was noted. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { judge, type Note, notesVariable } from "./secret-scan.ts";

const SAMPLE_EVERY_MS = 100;

export function setup(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), "disinto-notes-"));
  process.env[notesVariable] = folder;
  const seen = new ArgumentLists();
  const timer = setInterval(() => seen.sample(), SAMPLE_EVERY_MS);
  return () => {
    clearInterval(timer);
    const notes = readNotes(folder);
    rmSync(folder, { recursive: true });
    report(notes, seen.lists);
  };
}

function report(notes: readonly Note[], lists: ReadonlySet<string>): void {
  const secrets = new Set(notes.flatMap((one) => one.secrets));
  const leaks = judge(notes, lists);
  const looked = `${notes.length} outputs and folders and ${lists.size} argument lists`;
  process.stdout.write(`${secrets.size} secrets of this run looked for in ${looked}\n`);
  if (leaks.length === 0) return;
  // What a teardown throws, Vitest only prints.
  process.exitCode = 1;
  throw new Error(`secrets leaked\n${leaks.join("\n")}`);
}

function readNotes(folder: string): readonly Note[] {
  const texts = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), "utf8"));
  const lines = texts.flatMap((text) => text.split("\n").filter((line) => line !== ""));
  return lines.map((line) => JSON.parse(line) as Note);
}

/** A process is read when it is first seen, and once more, since it may have been about to become another program. */
class ArgumentLists {
  readonly lists = new Set<string>();
  #young = new Set<string>();
  #known = new Set<string>();

  sample(): void {
    const present = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const fresh = present.filter((id) => !this.#known.has(id));
    for (const id of [...this.#young, ...fresh]) {
      const list = read(`/proc/${id}/cmdline`);
      if (list !== "") this.lists.add(list);
    }
    this.#young = new Set(fresh);
    this.#known = new Set(present);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
