/** What a setting's declaration says, and the types of value that there are. */
import { namesOf } from "../core/kinds.ts";
import { hasTag, lacksTag } from "./image-reference.ts";

type Parsed<Value> = { readonly value: Value } | Refusal;

interface Refusal {
  readonly message: string;
  readonly hint: string;
  /** One of these was perhaps meant. */
  readonly known?: readonly string[];
}

interface Declaration {
  readonly key: string;
  /** Read where the key is not set. */
  readonly older?: string;
  /** Undefined where the setting may be left out. In words where it depends on others. */
  readonly fallback?: string;
  readonly meaning: string;
  /** Undefined where the operator's commands alone read it. */
  readonly readBy?: string;
}

export interface Setting<Value> extends Declaration {
  /** What it may hold, for people, with its unit. */
  readonly type: string;
  readonly parse: (text: string) => Parsed<Value>;
}

const asIs = (value: string): Parsed<string> => ({ value });

/** `type` says what the text is. */
export function text(type: string, declaration: Declaration): Setting<string> {
  return { ...declaration, type, parse: asIs };
}

export const SECRET = "secret";

export function secret(declaration: Declaration): Setting<string> {
  return text(SECRET, declaration);
}

export function pattern(
  type: string,
  { is, refusal }: { is: (text: string) => boolean; refusal: (text: string) => Refusal },
  declaration: Declaration,
): Setting<string> {
  const parse = (value: string) => (is(value) ? { value } : refusal(value));
  return { ...declaration, type, parse };
}

export function integer(
  type: string,
  { least, most, refusal }: { least: number; most: number; refusal: (text: string) => Refusal },
  declaration: Declaration,
): Setting<number> {
  const parse = (written: string) => {
    const value = Number(written);
    return /^\d{1,9}$/.test(written) && value >= least && value <= most
      ? { value }
      : refusal(JSON.stringify(written));
  };
  return { ...declaration, type, parse };
}

/** What has a shape of its own. */
export function parsed<Value>(
  type: string,
  parse: Setting<Value>["parse"],
  declaration: Declaration,
): Setting<Value> {
  return { ...declaration, type, parse };
}

export function port(declaration: Declaration): Setting<number> {
  const refusal = (shown: string): Refusal => ({
    message: `${shown} is not a valid port`,
    hint: "use an integer from 1 to 65535",
  });
  return integer("port", { least: 1, most: 65_535, refusal }, declaration);
}

export function image(declaration: Declaration): Setting<string> {
  return pattern("image reference", { is: hasTag, refusal: () => lacksTag }, declaration);
}

export function folder(declaration: Declaration): Setting<string> {
  const refusal = () => ({
    message: "must be an absolute path",
    hint: "write it beginning with /",
  });
  return pattern("absolute path", { is: (path) => path.startsWith("/"), refusal }, declaration);
}

/** One of a table's names. */
export function choice<Name extends string>(
  table: Readonly<Record<Name, unknown>>,
  declaration: Declaration & { readonly fallback: Name },
): Setting<Name> {
  const known = namesOf(table);
  const listed = known.join(", ").replace(/, ([^,]*)$/, " or $1");
  const parse = (written: string): Parsed<Name> => {
    const value = known.find((name) => name === written);
    if (value !== undefined) return { value };
    const hint = `remove the line for ${declaration.fallback}`;
    return { message: `must be one of ${known.join(", ")}`, hint, known };
  };
  return { ...declaration, type: listed, parse };
}
