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
  readonly hint: string;
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
  const source = { text, locate: indexLines(text) };
  let offset = text.startsWith("\ufeff") ? 1 : 0;
  for (;;) {
    offset = skip(gap, text, offset);
    if (offset >= text.length) return { entries, errors: [] };
    const read = readStatement(source, offset);
    if ("message" in read) return { entries, errors: [read] };
    entries.push(read);
    offset = read.end;
  }
}

interface Source {
  readonly text: string;
  readonly locate: (offset: number) => { line: number; column: number };
}

function readStatement({ text, locate }: Source, start: number): EnvEntry | EnvSyntaxError {
  const place = locate(start);
  const key = matchAt(keyPattern, text, start);
  if (!key)
    return {
      message: "expected KEY=value",
      hint: "write NAME=value, or begin a comment with #",
      ...place,
    };
  const [whole, name = "", separator = ""] = key;
  if (separator === "\n" || separator === "") {
    return { key: name, raw: undefined, start, end: start + whole.trimEnd().length, ...place };
  }
  const value = readValue(text, skip(blank, text, start + whole.length));
  if (!value) {
    const message = `the quoted value of ${name} is not closed`;
    return { message, hint: "add the closing quote", ...place };
  }
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

/** Answers the place of an offset; built once for a text, since every entry asks. */
export function indexLines(text: string): (offset: number) => { line: number; column: number } {
  const mark = text.startsWith("\ufeff") ? 1 : 0;
  const starts = [mark];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [line, end] = [1, starts.length];
    while (line < end) {
      const middle = Math.ceil((line + end) / 2);
      if ((starts[middle - 1] ?? 0) <= offset) line = middle;
      else end = middle - 1;
    }
    return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
  };
}
