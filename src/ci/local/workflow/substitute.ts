/**
 * `${NAME}` in a workflow's text, before it is parsed (Woodpecker's documentation, "Environment variables", "String
 * operations"). An unknown name is empty, as there; `$NAME` is left to the shell; `$$` is `$`. Pure.
 */
import { compilePattern, MAX_PATTERN } from "./pattern.ts";

type Values = Readonly<Record<string, string>>;

export class SubstitutionError extends Error {}

/** A file of a stranger's may nest and cut as it likes: beyond this nobody means it. */
const MAX_DEPTH = 20;
const MAX_CUT = 1_000;

export function substitute(text: string, values: Values, depth = 0): string {
  if (depth > MAX_DEPTH) throw new SubstitutionError(`\${…} nests deeper than ${MAX_DEPTH} levels`);
  let out = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar === -1) return out + text.slice(at);
    out += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === "$") {
      out += "$";
      at = dollar + 2;
    } else if (next === "{") {
      const end = findEnd(text, dollar + 2);
      out += quote(evaluate(text.slice(dollar + 2, end), values, depth));
      at = end + 1;
    } else {
      out += "$";
      at = dollar + 1;
    }
  }
  return out;
}

/** A value of several lines is written as one quoted line. */
function quote(value: string): string {
  return value.includes("\n") ? JSON.stringify(value) : value;
}

/** Expressions nest: `${A:-${B}}`. */
function findEnd(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "}" && --depth === 0) return at;
    if (text[at] === "$" && text[at + 1] === "{") depth++;
  }
  throw new SubstitutionError(`\${${text.slice(from, from + 20)} has no closing brace`);
}

function evaluate(expression: string, values: Values, depth: number): string {
  const length = /^#(\w+)$/.exec(expression);
  if (length) return String(read(length[1], values).length);
  const [, name = "", rest = ""] = /^(\w+)([\s\S]*)$/.exec(expression) ?? [];
  if (name === "") throw new SubstitutionError(`cannot substitute \${${expression}}`);
  const value = read(name, values);
  if (rest === "") return value;
  for (const [form, apply] of operations) {
    const match = form.exec(rest);
    if (match)
      return apply(
        value,
        match.slice(1).map((part) => substitute(part ?? "", values, depth + 1)),
      );
  }
  throw new SubstitutionError(`cannot substitute \${${expression}}`);
}

function read(name: string | undefined, values: Values): string {
  return Object.hasOwn(values, name ?? "") ? (values[name ?? ""] ?? "") : "";
}

type Operation = (value: string, parts: readonly string[]) => string;

const operations: readonly (readonly [form: RegExp, apply: Operation])[] = [
  [/^(?::-|:=|=)([\s\S]*)$/, (value, [fallback = ""]) => value || fallback],
  [/^:(\d+)(?::(\d+))?$/, slice],
  [/^,,$/, (value) => value.toLowerCase()],
  [/^\^\^$/, (value) => value.toUpperCase()],
  [/^,$/, (value) => value.slice(0, 1).toLowerCase() + value.slice(1)],
  [/^\^$/, (value) => value.slice(0, 1).toUpperCase() + value.slice(1)],
  [/^##([\s\S]+)$/, (value, [pattern = ""]) => value.slice(matchStart(value, pattern).at(-1) ?? 0)],
  [/^#([\s\S]+)$/, (value, [pattern = ""]) => value.slice(matchStart(value, pattern)[0] ?? 0)],
  [/^%%([\s\S]+)$/, (value, [pattern = ""]) => value.slice(0, matchEnd(value, pattern)[0])],
  [/^%([\s\S]+)$/, (value, [pattern = ""]) => value.slice(0, matchEnd(value, pattern).at(-1))],
  [/^\/\/([^/]+)\/([\s\S]*)$/, (value, [old = "", by = ""]) => value.replaceAll(old, by)],
  [
    /^\/#([^/]+)\/([\s\S]*)$/,
    (value, [old = "", by = ""]) => (value.startsWith(old) ? by + value.slice(old.length) : value),
  ],
  [
    /^\/%([^/]+)\/([\s\S]*)$/,
    (value, [old = "", by = ""]) =>
      value.endsWith(old) ? value.slice(0, value.length - old.length) + by : value,
  ],
  [/^\/([^/]+)\/([\s\S]*)$/, (value, [old = "", by = ""]) => value.replace(old, () => by)],
];

function slice(value: string, [from = "0", length = ""]: readonly string[]): string {
  const start = Number(from);
  return length === "" ? value.slice(start) : value.slice(start, start + Number(length));
}

/** Lengths of the beginnings that the pattern matches, the shortest first. */
function matchStart(value: string, pattern: string): readonly number[] {
  const matches = compile(pattern);
  return positions(value).filter((at) => at > 0 && matches(value.slice(0, at)));
}

/** Where the endings begin that the pattern matches, the longest first. */
function matchEnd(value: string, pattern: string): readonly number[] {
  const matches = compile(pattern);
  return positions(value).filter((at) => at < value.length && matches(value.slice(at)));
}

function compile(pattern: string): (text: string) => boolean {
  if (pattern.length > MAX_PATTERN)
    throw new SubstitutionError(
      `a pattern of more than ${MAX_PATTERN} characters cannot be cut by`,
    );
  return compilePattern(pattern);
}

function positions(value: string): readonly number[] {
  if (value.length > MAX_CUT)
    throw new SubstitutionError(`a value of more than ${MAX_CUT} characters cannot be cut`);
  return Array.from({ length: value.length + 1 }, (_, at) => at);
}
