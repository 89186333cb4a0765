/**
 * Edits of TOML by splicing at the places of its syntax tree: comments, order and every byte that was not
 * asked to change stay. Each result is read again and compared before anybody sees it.
 */
import { isDeepStrictEqual } from "node:util";
import { type AST, getStaticTOMLValue, parseTOML } from "toml-eslint-parser";
import { DisintoError } from "../errors.ts";
import { formatTomlKey, formatTomlValue, type TomlValue } from "./toml-text.ts";

export type TomlPath = readonly [string, ...string[]];

interface Entry {
  readonly path: readonly PropertyKey[];
  readonly node: AST.TOMLKeyValue;
  /** Path of the table or inline table it is written in. */
  readonly home: readonly PropertyKey[];
}

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with this key set, in the table where its neighbours are; a missing section is added at the end. */
export function setTomlKey(text: string, path: TomlPath, value: TomlValue): string {
  const before = read(text);
  const entries = listEntries(text);
  const own = entries.find((entry) => isSame(entry.path, path));
  const edited = own
    ? splice(text, { ...toSpan(own.node.value), text: formatTomlValue(value) })
    : insertKey(text, { path, entries, line: formatTomlValue(value) });
  return verify(edited, setIn(before, path, value));
}

/** The text without this key or section and everything below it. */
export function removeTomlKey(text: string, path: TomlPath): string {
  const wanted = listNodes(text).filter(({ path: one }) => startsWith(one, path));
  const outermost = wanted.filter(
    ({ node }) => !wanted.some((other) => other.node !== node && contains(other.node, node)),
  );
  const edited = outermost.reduceRight(
    (rest, { node }) => splice(rest, spanToRemove(rest, node)),
    text,
  );
  return verify(edited, removeIn(read(text), path));
}

function insertKey(
  text: string,
  { path, entries, line }: { path: TomlPath; entries: readonly Entry[]; line: string },
): string {
  const parent = path.slice(0, -1);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const table = listTables(text).find((one) => isSame(one.resolvedKey, parent));
  const neighbour = entries.findLast((entry) => isSame(entry.path.slice(0, -1), parent));
  if (neighbour && isInline(neighbour.node)) {
    const end = neighbour.node.range[1];
    return splice(text, { start: end, end, text: `, ${formatTomlKey(path.slice(-1))} = ${line}` });
  }
  if (neighbour || table) {
    const home = neighbour?.home ?? parent;
    const at = endOfLine(text, neighbour?.node.range[1] ?? table?.key.range[1] ?? 0);
    const key = formatTomlKey(path.slice(home.length));
    return splice(text, { start: at, end: at, text: `${newline}${key} = ${line}` });
  }
  const key = formatTomlKey(path.slice(-1));
  if (parent.length === 0)
    return splice(text, { ...startOf(text), text: `${key} = ${line}${newline}` });
  const gap = text === "" ? "" : text.endsWith("\n") ? newline : newline + newline;
  return `${text}${gap}[${formatTomlKey(parent)}]${newline}${key} = ${line}${newline}`;
}

function startOf(text: string): { start: number; end: number } {
  const at = text.startsWith("\ufeff") ? 1 : 0;
  return { start: at, end: at };
}

function endOfLine(text: string, offset: number): number {
  const rest = /^[^\r\n]*/.exec(text.slice(offset))?.[0] ?? "";
  return offset + rest.length;
}

/** A key or table goes with its line, and with the comment behind it; inside braces with one comma. */
function spanToRemove(text: string, node: AST.TOMLKeyValue | AST.TOMLTable): Splice {
  const { start, end } = toSpan(node);
  if (node.type === "TOMLKeyValue" && isInline(node)) {
    const after = /^\s*,\s*/.exec(text.slice(end))?.[0].length ?? 0;
    const before = after > 0 ? 0 : (/,\s*$/.exec(text.slice(0, start))?.[0].length ?? 0);
    return { start: start - before, end: end + after, text: "" };
  }
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const to = endOfLine(text, end);
  const rest = /^\r?\n/.exec(text.slice(to))?.[0].length ?? 0;
  const first = from === 0 && text.startsWith("\ufeff") ? 1 : from;
  return { start: first, end: to + rest, text: "" };
}

function splice(text: string, { start, end, text: inserted }: Splice): string {
  return text.slice(0, start) + inserted + text.slice(end);
}

/** The parser skips a byte order mark without counting it, and so must we not. */
function parse(text: string): AST.TOMLProgram {
  const blank = text.startsWith("\ufeff") ? ` ${text.slice(1)}` : text;
  return parseTOML(blank, { tomlVersion: "1.0" });
}

function read(text: string): Record<string, unknown> {
  return getStaticTOMLValue(parse(text)) as Record<string, unknown>;
}

function listTables(text: string): readonly AST.TOMLTable[] {
  return parse(text).body[0].body.filter((node) => node.type === "TOMLTable");
}

function listNodes(text: string) {
  return [
    ...listTables(text).map((node) => ({ path: node.resolvedKey as readonly PropertyKey[], node })),
    ...listEntries(text),
  ].sort((a, b) => a.node.range[0] - b.node.range[0]);
}

function listEntries(text: string): readonly Entry[] {
  return parse(text).body[0].body.flatMap((node) =>
    node.type === "TOMLTable"
      ? node.body.flatMap((entry) => toEntries(entry, node.resolvedKey))
      : toEntries(node, []),
  );
}

function toEntries(node: AST.TOMLKeyValue, home: readonly PropertyKey[]): readonly Entry[] {
  const keys = node.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value));
  const path = [...home, ...keys];
  const inner =
    node.value.type === "TOMLInlineTable"
      ? node.value.body.flatMap((entry) => toEntries(entry, path))
      : [];
  return [{ path, node, home }, ...inner];
}

function isInline(node: AST.TOMLKeyValue): boolean {
  return node.parent.type === "TOMLInlineTable";
}

function toSpan({ range }: Pick<AST.TOMLNode, "range">): { start: number; end: number } {
  return { start: range[0], end: range[1] };
}

function contains(outer: Pick<AST.TOMLNode, "range">, inner: Pick<AST.TOMLNode, "range">): boolean {
  return outer.range[0] <= inner.range[0] && inner.range[1] <= outer.range[1];
}

function isSame(a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean {
  return a.length === b.length && startsWith(a, b);
}

function startsWith(path: readonly PropertyKey[], prefix: readonly PropertyKey[]): boolean {
  return prefix.every((segment, index) => String(path[index]) === String(segment));
}

type Tree = Readonly<Record<string, unknown>>;

function setIn(tree: Tree, [first, ...rest]: readonly string[], value: TomlValue): Tree {
  if (first === undefined) return tree;
  const inner = rest.length === 0 ? value : setIn(asTree(tree[first]), rest, value);
  return { ...tree, [first]: inner };
}

function removeIn(tree: Tree, [first, ...rest]: readonly string[]): Tree {
  if (first === undefined || !(first in tree)) return tree;
  const { [first]: inner, ...others } = tree;
  return rest.length === 0 ? others : { ...others, [first]: removeIn(asTree(inner), rest) };
}

function asTree(value: unknown): Tree {
  return typeof value === "object" && value !== null ? (value as Tree) : {};
}

/** Nothing is written that does not mean exactly what was asked for; emptied tables may go. */
function verify(text: string, expected: Tree): string {
  if (isDeepStrictEqual(prune(readSafely(text)), prune(expected))) return text;
  throw new DisintoError("config.invalid", "disinto cannot edit TOML written in this style", {
    hint: "make the change by hand",
  });
}

function readSafely(text: string): unknown {
  try {
    return read(text);
  } catch {
    return undefined;
  }
}

function prune(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (value instanceof Date) return value.toISOString();
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, prune(inner)] as const)
    .filter(([, inner]) => !isDeepStrictEqual(inner, {}));
  return Object.fromEntries(kept);
}
