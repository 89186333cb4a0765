/** TOML text → one project's settings, or every problem in the file. */
import type * as z from "zod/mini";
import { ProjectFile } from "../settings/project.ts";
import { refuseBotName } from "./bot-names.ts";
import type { ConfigProblem } from "./problem.ts";
import { nameRefused } from "./refused-value.ts";
import { suggest } from "./suggest.ts";
import { parseTomlSource, type TomlSource } from "./toml-source.ts";

export interface LoadedProject {
  readonly source: TomlSource;
  readonly settings: ProjectFile;
}

export function parseProject(
  file: string,
  text: string,
): { project?: LoadedProject; problems: readonly ConfigProblem[] } {
  const source = parseTomlSource(file, text);
  if (!("values" in source)) return { problems: [source] };
  const names = checkBotNames(source);
  // Code made for the schema would not pay within one file.
  const parsed = ProjectFile.safeParse(source.values, { reportInput: true, jitless: true });
  if (parsed.success) return { project: { source, settings: parsed.data }, problems: names };
  const issues = parsed.error.issues.flatMap((issue) => toProblems(issue, source));
  return { problems: [...names, ...issues] };
}

function checkBotNames(source: TomlSource): readonly ConfigProblem[] {
  return Object.keys(Object(source.values.agents)).flatMap((name) => {
    const refusal = refuseBotName(name);
    const path = ["agents", name];
    return refusal ? [{ ...source.locate(path), path: path.join("."), ...refusal }] : [];
  });
}

function toProblems(issue: z.core.$ZodIssue, source: TomlSource): readonly ConfigProblem[] {
  if (issue.code !== "unrecognized_keys") return [toProblem(issue.path, issue, source)];
  return issue.keys.map((key) => {
    const known = knownKeys(issue.path);
    const near = suggest(key, known) ?? known.find((one) => one.startsWith(key));
    return {
      ...source.locate([...issue.path, key]),
      path: issue.path.join("."),
      message: `unknown key ${JSON.stringify(key)}`,
      hint: near === undefined ? `allowed keys: ${known.join(", ")}` : didYouMean(near),
    };
  });
}

function toProblem(
  path: readonly PropertyKey[],
  issue: z.core.$ZodIssue,
  source: TomlSource,
): ConfigProblem {
  return {
    ...source.locate(path),
    path: path.join("."),
    message: nameRefused(describe(issue), String(path.at(-1) ?? ""), issue.input),
    hint: adviseOn(issue),
  };
}

function didYouMean(near: string): string {
  return `did you mean ${JSON.stringify(near)}?`;
}

/** How each type is written in TOML. */
const notations: Readonly<Record<string, string>> = {
  string: "it as a string in quotes",
  number: "a number, without quotes",
  int: "an integer, without quotes",
  boolean: "true or false, without quotes",
  array: 'a list: ["one", "two"]',
  object: "a section of its own, in [brackets]",
  record: "a section of its own, in [brackets]",
};

function adviseOn(issue: z.core.$ZodIssue): string {
  const usual = "disinto config reference says what it may hold";
  switch (issue.code) {
    case "invalid_value": {
      const near =
        typeof issue.input === "string"
          ? suggest(issue.input, issue.values.map(String))
          : undefined;
      return near === undefined ? usual : didYouMean(near);
    }
    case "invalid_type":
      return issue.input === undefined
        ? `add ${issue.path.join(".")}; ${usual}`
        : `write ${notations[issue.expected] ?? issue.expected}`;
    case "custom":
      return typeof issue.params?.hint === "string" ? issue.params.hint : usual;
    default:
      return usual;
  }
}

/** Zod's sentences, shortened to what a reader of the file needs. */
function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type" && issue.input === undefined) return "is missing";
  if (issue.code === "invalid_value")
    return `must be one of ${issue.values.map(String).join(", ")}`;
  return issue.message
    .replace(/^Invalid input: /, "")
    .replace(/^./, (first) => first.toLowerCase());
}

/** The keys that the schema knows at a place of the file. */
function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let schema: AnySchema | undefined = ProjectFile;
  for (const segment of path) schema = childSchema(unwrap(schema), String(segment));
  return Object.keys(partsOf(unwrap(schema)).shape ?? {});
}

function childSchema(schema: AnySchema | undefined, key: string): AnySchema | undefined {
  const { shape, valueType } = partsOf(schema);
  return shape ? shape[key] : valueType;
}

function unwrap(schema: AnySchema | undefined): AnySchema | undefined {
  const { innerType } = partsOf(schema);
  return innerType ? unwrap(innerType) : schema;
}

type AnySchema = z.core.$ZodType;

/** What a schema is made of, as far as keys of a file lead into it. */
interface Parts {
  readonly shape?: Readonly<Record<string, AnySchema>>;
  readonly valueType?: AnySchema;
  readonly innerType?: AnySchema;
}

function partsOf(schema: AnySchema | undefined): Parts {
  return (schema?._zod.def ?? {}) as Parts;
}
