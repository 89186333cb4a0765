/** `disinto secrets`: values come from standard input only, and leave only by `get`. */
import { setEnvironment } from "../config/env-file.ts";
import { isSecretKey, readSecrets } from "../config/secret-keys.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

interface SecretFlags {
  readonly folder: string;
  readonly name: string;
}

export async function listSecrets(
  tools: Tools,
  { folder, json }: { folder: string; json?: boolean },
): Promise<ExitCode> {
  const secrets = [...(await readSecrets(folder))]
    .map(([name, value]) => ({ name, set: value !== "" }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (json) tools.print(`${JSON.stringify({ secrets }, undefined, 2)}\n`);
  else for (const { name, set } of secrets) tools.print(set ? `${name}\n` : `${name}   (empty)\n`);
  return ExitCode.done;
}

export async function getSecret(tools: Tools, { folder, name }: SecretFlags): Promise<ExitCode> {
  const value = (await readSecrets(folder)).get(name);
  if (value === undefined) throw unknown(name);
  tools.reveal(`${value}\n`);
  return ExitCode.done;
}

export async function setSecret(tools: Tools, { folder, name }: SecretFlags): Promise<ExitCode> {
  const isKnown = isSecretKey(name) || (await readSecrets(folder)).has(name);
  if (!isKnown) {
    throw new DisintoError("usage.invalid", `${name} does not look like the name of a secret`, {
      hint: "settings are edited in .env; a secret has TOKEN, PASS, PASSWORD, SECRET or KEY in its name",
    });
  }
  const value = (await tools.readInput()).replace(/\r?\n$/, "");
  if (value === "") {
    throw new DisintoError("usage.invalid", `no value for ${name} on standard input`, {
      hint: `pipe it in, for example from a file; to remove it: disinto secrets remove ${name}`,
    });
  }
  tools.learnSecrets([[name, value]]);
  await setEnvironment(folder, { [name]: value });
  tools.say(`${name} is set in .env; to restart the services that use it: disinto up`);
  return ExitCode.done;
}

export async function removeSecret(tools: Tools, { folder, name }: SecretFlags): Promise<ExitCode> {
  if (!(await readSecrets(folder)).has(name)) throw unknown(name);
  await setEnvironment(folder, { [name]: undefined });
  tools.say(`${name} was removed from .env`);
  return ExitCode.done;
}

function unknown(name: string): DisintoError {
  return new DisintoError("usage.invalid", `.env holds no secret ${name}`, {
    hint: "disinto secrets list shows their names",
  });
}
