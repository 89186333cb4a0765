/** References in a value of `.env` (`$NAME`, `${NAME:-word}`, a word with references of its own), as Compose reads them. */

export type Operator = "" | ":-" | "-" | ":+" | "+" | ":?" | "?";

export interface Reference {
  readonly name: string;
  readonly operator: Operator;
  readonly word: Template;
  /** As it is written. */
  readonly text: string;
}

/** Begins like a reference and is none: Compose refuses the file. */
export interface Malformed {
  readonly malformed: string;
}

export type Template = readonly (string | Reference | Malformed)[];

const bare = /\$(\$|[A-Za-z_]\w*|(?=\{))/g;
const head = /^([A-Za-z_]\w*)(?:(:?[-+?])([\s\S]*))?$/;

export function parseTemplate(text: string): Template {
  const parts: (string | Reference | Malformed)[] = [];
  let from = 0;
  for (;;) {
    bare.lastIndex = from;
    const found = bare.exec(text);
    parts.push(text.slice(from, found?.index));
    if (!found) return parts;
    const part = readReference(text, found.index, found[1] ?? "");
    parts.push(part.read);
    from = part.end;
  }
}

function readReference(text: string, start: number, name: string) {
  const whole = text.slice(start, start + 1 + name.length);
  if (name === "$") return { read: "$", end: start + 2 };
  if (name !== "") {
    const read: Reference = { name, operator: "", word: [], text: whole };
    return { read, end: start + whole.length };
  }
  return readBraced(text, start);
}

function readBraced(text: string, start: number) {
  const close = findClosingBrace(text, start);
  const end = close === undefined ? text.length : close + 1;
  const whole = text.slice(start, end);
  const found = close === undefined ? null : head.exec(text.slice(start + 2, close));
  if (!found) return { read: { malformed: whole }, end };
  const [, name = "", operator = "", word = ""] = found;
  const read: Reference = {
    name,
    operator: operator as Operator,
    word: parseTemplate(word),
    text: whole,
  };
  return { read, end };
}

/** Braces are counted, whatever they open; where they do not come out even, the last one closes. */
function findClosingBrace(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  const last = text.lastIndexOf("}");
  return last > start ? last : undefined;
}
