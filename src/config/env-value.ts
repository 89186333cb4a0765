/** Values of `.env`: decoded as Compose decodes them, and encoded so that they come back byte for byte. */
import type { EnvEntry, RawValue } from "./env-syntax.ts";

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  c: "\\c",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  $: "$$",
  '"': '"',
  "\\": "\\",
};

/** The last entry of a key wins, as in Compose; `$NAME` sees the entries above it. */
export function evaluateEnv(entries: readonly EnvEntry[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const { key, raw } of entries) if (raw) values.set(key, decode(raw, values));
  return values;
}

function decode({ quote, text }: RawValue, values: ReadonlyMap<string, string>): string {
  if (quote === "single") return text;
  return quote === "double" ? expand(unescapeText(text), values) : expand(text, values);
}

function unescapeText(text: string): string {
  return text.replace(/\\([abcfnrtv$"\\])/g, (_, letter: string) => escapes[letter] ?? letter);
}

const reference =
  /\$(?:\$|\{(?<braced>[A-Za-z_]\w*)(?:(?<operator>:?[-+])(?<word>[^{}]*))?\}|(?<bare>[A-Za-z_]\w*))/g;

function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(reference, (...found: unknown[]) => {
    const { braced, operator = "", word = "", bare } = found.at(-1) as Record<string, string>;
    const name = braced ?? bare;
    if (name === undefined) return "$";
    const value = values.get(name);
    const counts = value !== undefined && (value !== "" || !operator.startsWith(":"));
    if (operator.endsWith("+")) return counts ? word : "";
    return counts ? value : word;
  });
}

/** Measured with Compose 2.26: single quotes keep all but `'` and a last `\`; double quotes need escapes. */
export function encodeEnvValue(value: string): string {
  return /^[\w./:@%+,=-]+$/.test(value) ? value : quoteEnvValue(value);
}

/** Quotes a value that is followed by something else on its line. */
export function quoteEnvValue(value: string): string {
  if (!value.includes("'") && !value.endsWith("\\")) return `'${value}'`;
  const escaped = value
    .replace(/[\\"$]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
  return `"${escaped}"`;
}
