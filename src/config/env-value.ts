/** Values of `.env`: decoded as Compose decodes them, and encoded so that they come back byte for byte. */
import { pickToolVariables } from "../core/tool-variables.ts";
import type { EnvEntry, RawValue } from "./env-syntax.ts";
import { parseTemplate, type Template } from "./env-template.ts";

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

export interface EvaluatedEnv {
  readonly values: Map<string, string>;
  /** What Compose refuses, or fills with nothing: each with the text it was found in. */
  readonly refusals: readonly EnvValueProblem[];
}

export interface EnvValueProblem {
  readonly entry: EnvEntry;
  /** The reference as it is written. */
  readonly text: string;
  readonly message: string;
  readonly hint: string;
}

type Variables = Readonly<Record<string, string>>;

/**
 * The last entry of a key wins, as in Compose; `$NAME` sees what Compose is handed by us, before the entries above it.
 */
export function evaluateEnv(
  entries: readonly EnvEntry[],
  inherited: Variables = pickToolVariables(process.env),
): EvaluatedEnv {
  const values = new Map<string, string>();
  const refusals: EnvValueProblem[] = [];
  for (const entry of entries) {
    if (!entry.raw) continue;
    const lookup = (name: string) => inherited[name] ?? values.get(name);
    const refuse = (refusal: Omit<EnvValueProblem, "entry">) =>
      refusals.push({ entry, ...refusal });
    values.set(entry.key, decode(entry.raw, { lookup, refuse }));
  }
  return { values, refusals };
}

interface Expansion {
  readonly lookup: (name: string) => string | undefined;
  readonly refuse: (refusal: Omit<EnvValueProblem, "entry">) => void;
}

function decode({ quote, text }: RawValue, expansion: Expansion): string {
  if (quote === "single") return text;
  return expand(parseTemplate(quote === "double" ? unescapeText(text) : text), expansion);
}

function unescapeText(text: string): string {
  return text.replace(/\\([abcfnrtv$"\\])/g, (_, letter: string) => escapes[letter] ?? letter);
}

function expand(template: Template, expansion: Expansion): string {
  return template
    .map((part) => (typeof part === "string" ? part : resolve(part, expansion)))
    .join("");
}

/** The word is read even where it does not count, as Compose does it. */
function resolve(part: Exclude<Template[number], string>, expansion: Expansion): string {
  const { lookup, refuse } = expansion;
  if ("malformed" in part) {
    const message = `${part.malformed} is not a reference to a variable`;
    refuse({ text: part.malformed, message, hint: LITERAL_DOLLAR });
    return "";
  }
  const { name, operator, text } = part;
  const word = expand(part.word, expansion);
  const value = lookup(name);
  if (operator.endsWith("?")) {
    const hint = `write $${name}, and set ${name} above`;
    refuse({ text, message: `${text}: references that stop Compose are not allowed here`, hint });
  } else if (operator === "" && value === undefined) {
    const hint = `set ${name} above, or ${LITERAL_DOLLAR}`;
    refuse({ text, message: `${text} refers to ${name}, which is not set above`, hint });
  }
  const counts = value !== undefined && (value !== "" || !operator.startsWith(":"));
  if (operator.endsWith("+")) return counts ? word : "";
  return counts ? value : word;
}

const LITERAL_DOLLAR = "write a dollar sign as $$, or put the value into single quotes";

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
