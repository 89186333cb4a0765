/**
 * Looks for secrets of the whole test run where none may be: what the command line wrote, what stands in the factories'
 * folders, what stood in argument lists. Test processes note what they see in one folder; secret-watch.ts judges it.
 */
import { appendFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { readSecrets } from "../../src/config/secret-keys.ts";

/** The folder of notes, in the environment of every test process. */
export const notesVariable = "DISINTO_SECRET_NOTES";

export interface Note {
  readonly secrets: readonly string[];
  /** Where it was seen: a command, a file. */
  readonly place: string;
  readonly text: string;
}

/** Shorter ones are words that tests made up, and stand anywhere. */
const SHORTEST = 12;

export async function secretsOf(folder: string): Promise<readonly string[]> {
  const values = [...(await readSecrets(folder)).values()];
  return values.filter((value) => value.length >= SHORTEST);
}

interface Wrote {
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command in a factory's folder wrote. */
export async function noteOutput(
  folder: string,
  args: readonly string[],
  { stdout, stderr }: Wrote,
): Promise<void> {
  const isAsked = args[0] === "secrets" && args[1] === "get";
  const text = isAsked ? stderr : `${stdout}\n${stderr}`;
  note({ secrets: await secretsOf(folder), place: `disinto ${args.join(" ")}`, text });
}

/** Every file of a factory but its `.env`; called before the folder goes. */
export async function noteFiles(folder: string): Promise<void> {
  const secrets = await secretsOf(folder);
  for (const place of await findLeaks(folder, secrets))
    note({ secrets, place, text: secrets.join() });
  note({ secrets, place: folder, text: "" });
}

export async function findLeaks(
  folder: string,
  secrets: readonly string[],
): Promise<readonly string[]> {
  const leaks: string[] = [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of entries.filter((one) => one.isFile())) {
    if (name === ".env") continue;
    const file = path.join(parentPath, name);
    const text = await readFile(file, "latin1").catch(() => "");
    if (secrets.some((secret) => text.includes(secret))) leaks.push(path.relative(folder, file));
  }
  return leaks;
}

function note(one: Note): void {
  const folder = process.env[notesVariable];
  if (folder === undefined) return;
  appendFileSync(path.join(folder, `${process.pid}.jsonl`), `${JSON.stringify(one)}\n`);
}

/** The places where any of the run's secrets stands; `argumentLists` are those that were seen meanwhile. */
export function judge(notes: readonly Note[], argumentLists: Iterable<string>): readonly string[] {
  const secrets = [...new Set(notes.flatMap((one) => one.secrets))];
  const holds = (text: string): boolean => secrets.some((secret) => text.includes(secret));
  const inTexts = notes.filter(({ text }) => holds(text)).map(({ place }) => place);
  const inArguments = [...argumentLists].filter(holds);
  return [
    ...inTexts.map((place) => `a secret in: ${place}`),
    ...inArguments.map((list) => `a secret among the arguments of: ${list.split("\0")[0]}`),
  ];
}
