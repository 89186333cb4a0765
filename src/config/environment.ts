/** `.env` as the factory reads it: values, the place of each key, and what is wrong with the file. */

import { envSettings } from "../settings/env.ts";
import { type EnvEntry, indexLines, parseEnv } from "./env-syntax.ts";
import { evaluateEnv } from "./env-value.ts";
import type { ConfigProblem } from "./problem.ts";
import { suggest } from "./suggest.ts";
import type { SourcePlace } from "./toml-source.ts";

const knownKeys = envSettings.map(({ key }) => key);

export interface Environment {
  readonly file: string;
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly ConfigProblem[];
  /** Place of the key, or of a word in its value. */
  locate(key: string, word?: string): SourcePlace;
}

export function parseEnvironment(file: string, text: string): Environment {
  const { entries, errors } = parseEnv(text);
  const { values, refusals } = evaluateEnv(entries);
  const places = new Map(entries.map((entry) => [entry.key, entry]));
  const toPlace = indexLines(text);
  const locate = (key: string, word?: string): SourcePlace => {
    const entry = places.get(key);
    if (!entry) return { file, line: 1, column: 1 };
    return { file, ...toPlace(entry.start + findWord(text, entry, word)) };
  };
  return {
    file,
    values,
    problems: [
      ...errors.map((error) => ({ file, path: "", ...error })),
      ...entries.flatMap((entry) => checkKey(file, entry)),
      ...refusals.map(({ entry, text: written, message, hint }) => {
        const from = entry.start + entry.key.length;
        const at = text.slice(0, entry.end).indexOf(written, from);
        return { file, path: entry.key, message, hint, ...toPlace(at < 0 ? entry.start : at) };
      }),
    ],
    locate,
  };
}

/** Offset of a whole word in the value, from the start of the entry; 0 when there is none. */
function findWord(text: string, { key, start, end }: EnvEntry, word: string | undefined): number {
  if (word === undefined || word === "") return 0;
  const statement = text.slice(start, end);
  const from = statement.indexOf(key) + key.length;
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const found = new RegExp(`(?<=[=:\\s,'"])${escaped}(?=[\\s,'"]|$)`).exec(statement.slice(from));
  return found ? from + found.index : 0;
}

function checkKey(file: string, entry: EnvEntry): readonly ConfigProblem[] {
  const { key, line, column } = entry;
  const place = { file, line, column, path: key };
  if (key.startsWith("COMPOSE_")) {
    const message = "COMPOSE_ variables change what Compose acts on and are not allowed here";
    const hint = "remove the line; DISINTO_NAME names the compose project";
    return [{ ...place, message, hint }];
  }
  if (knownKeys.includes(key) || /^FORGE_(TOKEN|PASS)_/.test(key)) return [];
  const near = suggest(key, knownKeys, 2);
  return near ? [{ ...place, message: "unknown variable", hint: `did you mean ${near}?` }] : [];
}
