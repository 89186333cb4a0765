/**
 * The syntax of `.env` exactly as Compose reads it (compose-go's dotenv parser), with the place of
 * every entry. Reading differently from the engine would give two programs two configurations.
 */

export interface EnvEntry {
  readonly key: string;
  /** Undefined for a bare `KEY`, which Compose fills from the shell: nothing, in our scrubbed one. */
  readonly raw: RawValue | undefined;
  /** Offsets of the whole statement, from the first letter of the key (or `export`) to its end. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

export interface RawValue {
  readonly quote: "single" | "double" | "none";
  readonly text: string;
}

interface EnvSyntaxError {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

export interface ParsedEnv {
  readonly entries: readonly EnvEntry[];
  readonly errors: readonly EnvSyntaxError[];
}

const blank = /[\t\v\f\r \u0085\u00a0]*/y;
const gap = /(?:[\s\u0085]|#[^\n]*)*/y;
const keyPattern = /(?:export[\t ]+)?([\p{L}\p{N}_.[\]-]+)[\t\v\f\r ]*(=|:|\n|$)/uy;
const singleQuoted = /'((?:[^'\\]|\\[\s\S])*)'/y;
const doubleQuoted = /"((?:[^"\\]|\\[\s\S])*)"/y;
const unquoted = /[^\n]*/y;

export function parseEnv(text: string): ParsedEnv {
  const entries: EnvEntry[] = [];
  let offset = text.startsWith("\ufeff") ? 1 : 0;
  for (;;) {
    offset = skip(gap, text, offset);
    if (offset >= text.length) return { entries, errors: [] };
    const read = readStatement(text, offset);
    if ("message" in read) return { entries, errors: [read] };
    entries.push(read);
    offset = read.end;
  }
}

function readStatement(text: string, start: number): EnvEntry | EnvSyntaxError {
  const place = locateOffset(text, start);
  const key = matchAt(keyPattern, text, start);
  if (!key) return { message: "expected KEY=value", ...place };
  const [whole, name = "", separator = ""] = key;
  if (separator === "\n" || separator === "") {
    return { key: name, raw: undefined, start, end: start + whole.trimEnd().length, ...place };
  }
  const value = readValue(text, skip(blank, text, start + whole.length));
  if (!value) return { message: `the quoted value of ${name} has no end`, ...place };
  return { key: name, raw: value.raw, start, end: value.end, ...place };
}

function readValue(text: string, start: number): { raw: RawValue; end: number } | undefined {
  const mark = text[start];
  if (mark === "'" || mark === '"') return readQuoted(text, start, mark);
  const line = matchAt(unquoted, text, start)?.[0] ?? "";
  const comment = line.indexOf(" #");
  const value = (comment < 0 ? line : line.slice(0, comment)).trimEnd();
  return { raw: { quote: "none", text: value }, end: start + value.length };
}

/** Only the quote itself can be escaped here; every other backslash stays, whatever follows it. */
function readQuoted(text: string, start: number, mark: "'" | '"') {
  const found = matchAt(mark === "'" ? singleQuoted : doubleQuoted, text, start);
  if (!found) return undefined;
  const [whole, inner = ""] = found;
  const value = inner.replace(/\\([\s\S])/g, (pair, next: string) => (next === mark ? mark : pair));
  const quote = mark === "'" ? ("single" as const) : ("double" as const);
  return { raw: { quote, text: value }, end: start + whole.length };
}

function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}

function skip(pattern: RegExp, text: string, offset: number): number {
  return offset + (matchAt(pattern, text, offset)?.[0].length ?? 0);
}

export function locateOffset(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).replace(/^\ufeff/, "");
  const line = before.split("\n").length;
  return { line, column: before.length - before.lastIndexOf("\n") };
}
