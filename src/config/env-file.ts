/** Edits single lines of `.env` and keeps every other byte. Never prints a value. */
import { mkdir, readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { DisintoError } from "../errors.ts";
import { replaceFile } from "./atomic-file.ts";
import { type EnvEntry, parseEnv } from "./env-syntax.ts";
import { encodeEnvValue, evaluateEnv, quoteEnvValue } from "./env-value.ts";
import { withLock } from "./file-lock.ts";

/** Undefined removes the key. */
export type EnvChanges = Readonly<Record<string, string | undefined>>;

const keyPattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Pure: the text with these keys set or removed. A change to the value a key already has changes nothing. */
export function editEnv(text: string, changes: EnvChanges): string {
  return Object.entries(changes).reduce(
    (edited, [key, value]) => editKey(edited, key, value),
    text,
  );
}

function editKey(text: string, key: string, value: string | undefined): string {
  if (!keyPattern.test(key) || value?.includes("\0")) {
    throw new DisintoError(
      "config.invalid",
      `.env cannot hold ${JSON.stringify(key)} with this value`,
    );
  }
  const { entries, errors } = parseEnv(text);
  const [broken] = errors;
  if (broken) {
    const location = { file: ".env", line: broken.line, column: broken.column };
    throw new DisintoError("config.invalid", broken.message, { location });
  }
  if (evaluateEnv(entries).values.get(key) === value) return text;
  const own = entries.filter((entry) => entry.key === key);
  if (value === undefined) return own.reduceRight(removeEntry, text);
  const last = own.at(-1);
  return last ? replaceEntry(text, last, value) : append(text, `${key}=${encodeEnvValue(value)}`);
}

function replaceEntry(text: string, { key, start, end }: EnvEntry, value: string): string {
  const exported = /^export[\t ]+/.exec(text.slice(start, end))?.[0] ?? "";
  const rest = text.slice(end);
  const encoded = /^\s|^$/.test(rest) ? encodeEnvValue(value) : quoteEnvValue(value);
  return `${text.slice(0, start)}${exported}${key}=${encoded}${rest}`;
}

/** The whole line goes when nothing else stands on it; a comment behind the value goes with it. */
function removeEntry(text: string, { start, end }: EnvEntry): string {
  const rest = /^[^\n]*(?:\n|$)/.exec(text.slice(end))?.[0] ?? "";
  const alone = /^\s*(?:#|$)/.test(rest);
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const indented = /^[\t ]*$/.test(text.slice(from, start));
  return text.slice(0, indented ? from : start) + text.slice(alone ? end + rest.length : end);
}

function append(text: string, line: string): string {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const separator = text === "" || text === "\ufeff" || text.endsWith("\n") ? "" : newline;
  return `${text}${separator}${line}${newline}`;
}

/** Makes the folder and the file when missing. */
export async function setEnvironment(folder: string, changes: EnvChanges): Promise<void> {
  if (Object.keys(changes).length === 0) return;
  await mkdir(folder, { recursive: true });
  await withLock({ folder, name: ".env", waitMs: 30_000 }, async () => {
    const path = await followLink(join(folder, ".env"));
    const old = await readIfThere(path);
    const edited = editEnv(old ?? "", changes);
    if (edited !== old) await replaceFile(path, edited, 0o600);
  });
}

/** A `.env` that links elsewhere is edited where it is. */
async function followLink(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (error instanceof TypeError)
      throw new DisintoError("config.invalid", `${path} is not UTF-8`, { cause: error });
    throw error;
  }
}
