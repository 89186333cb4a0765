/** `.env` as the factory reads it: values, the place of each key, and what is wrong with the file. */
import { type EnvEntry, parseEnv } from "./env-syntax.ts";
import { evaluateEnv } from "./env-value.ts";
import type { Problem } from "./problem.ts";
import type { Place } from "./toml-source.ts";

export interface Environment {
  readonly file: string;
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  locate(key: string): Place;
}

export function parseEnvironment(file: string, text: string): Environment {
  const { entries, errors } = parseEnv(text);
  const places = new Map(entries.map(({ key, line, column }) => [key, { file, line, column }]));
  return {
    file,
    values: evaluateEnv(entries),
    problems: [
      ...errors.map((error) => ({ file, path: "", ...error })),
      ...entries
        .filter(({ key }) => key.startsWith("COMPOSE_"))
        .map((entry) => refuse(file, entry)),
    ],
    locate: (key) => places.get(key) ?? { file, line: 1, column: 1 },
  };
}

/** Compose reads these from `.env` and would act on another project or other files than the plan says. */
function refuse(file: string, { key, line, column }: EnvEntry): Problem {
  return {
    file,
    line,
    column,
    path: key,
    message: "COMPOSE_* variables change what Compose acts on and are not allowed here",
    hint: "remove the line; DISINTO_NAME names the compose project",
  };
}
