/** Which variables of `.env` are secrets, and their values: for the redactor and `disinto secrets`. */

import { envSettings } from "../settings/env.ts";
import { SECRET } from "../settings/setting.ts";
import { parseEnv } from "./env-syntax.ts";
import { evaluateEnv } from "./env-value.ts";
import { readFiles } from "./files.ts";

const known = new Map(envSettings.map(({ key, type }) => [key, type]));

const word = /(^|_)(TOKEN|PASS|PASSWD|PASSWORD|SECRET|KEY|CREDENTIALS?)(_|$)/i;

/** Decides by what disinto knows of the variable, else by its name. */
export function isSecretKey(key: string): boolean {
  const type = known.get(key);
  return type === undefined ? word.test(key) : type === SECRET;
}

/**
 * Every secret in the folder's `.env`, by name. Reads also what is broken: a mistake in a file must not
 * let a secret out.
 */
export async function readSecrets(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = await readFiles(folder).catch(() => undefined);
  if (typeof files?.env !== "string") return new Map();
  const named = new Set(
    files.projects.flatMap(({ text }) => (typeof text === "string" ? findNamedKeys(text) : [])),
  );
  const values = evaluateEnv(parseEnv(files.env).entries).values;
  return new Map([...values].filter(([key]) => isSecretKey(key) || named.has(key)));
}

/** The variables that `api_key_env` names, whatever else the TOML says. */
function findNamedKeys(toml: string): readonly string[] {
  return [...toml.matchAll(/\bapi_key_env\s*=\s*["']([^"'\n]+)["']/g)].flatMap(
    ([, key]) => key ?? [],
  );
}
