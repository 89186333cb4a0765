/** One TOML file: its plain values, and the place of every key in it. */
import { type AST, getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";
import type { ConfigProblem } from "./problem.ts";

export interface TomlSource {
  readonly file: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Place of the deepest part of `path` that the file really has. */
  locate(path: readonly PropertyKey[]): SourcePlace;
}

export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export function parseTomlSource(file: string, text: string): TomlSource | ConfigProblem {
  try {
    const program = parseTOML(text.replace(/^\ufeff/, ""), { tomlVersion: "1.0" });
    const places = new Map<string, SourcePlace>();
    for (const node of program.body[0].body) indexNode(node, { file, prefix: [], places });
    const values = getStaticTOMLValue(program) as Record<string, unknown>;
    return { file, values, locate: (path) => findPlace(places, path, file) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const { lineNumber: line, column, message } = error;
    const hint =
      'check this line and the one above: section names are in [brackets], strings in "quotes"';
    return {
      ...{ file, line, column: column + 1, path: "" },
      message: `TOML syntax: ${lower(message)}`,
      hint,
    };
  }
}

interface Indexing {
  readonly file: string;
  readonly prefix: readonly PropertyKey[];
  readonly places: Map<string, SourcePlace>;
}

function indexNode(
  node: AST.TOMLTable | AST.TOMLKeyValue,
  { file, prefix, places }: Indexing,
): void {
  if (node.type === "TOMLTable") {
    note(places, node.resolvedKey, toPlace(file, node));
    for (const child of node.body) indexNode(child, { file, prefix: node.resolvedKey, places });
    return;
  }
  const keys = node.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value));
  for (let depth = 1; depth <= keys.length; depth += 1)
    note(places, [...prefix, ...keys.slice(0, depth)], toPlace(file, node));
  indexValue(node.value, { file, prefix: [...prefix, ...keys], places });
}

function indexValue(node: AST.TOMLContentNode, { file, prefix, places }: Indexing): void {
  if (node.type === "TOMLInlineTable")
    for (const child of node.body) indexNode(child, { file, prefix, places });
  if (node.type !== "TOMLArray") return;
  for (const [index, element] of node.elements.entries()) {
    note(places, [...prefix, index], toPlace(file, element));
    indexValue(element, { file, prefix: [...prefix, index], places });
  }
}

function note(
  places: Map<string, SourcePlace>,
  path: readonly PropertyKey[],
  place: SourcePlace,
): void {
  const key = toKey(path);
  if (!places.has(key)) places.set(key, place);
}

function toPlace(file: string, { loc }: Pick<AST.TOMLNode, "loc">): SourcePlace {
  return { file, line: loc.start.line, column: loc.start.column + 1 };
}

function findPlace(
  places: ReadonlyMap<string, SourcePlace>,
  path: readonly PropertyKey[],
  file: string,
) {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const place = places.get(toKey(path.slice(0, depth)));
    if (place) return place;
  }
  return { file, line: 1, column: 1 };
}

function toKey(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}

function lower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
