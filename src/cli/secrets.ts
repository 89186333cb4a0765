/** `disinto secrets`: values come from standard input only, and leave only by `get`. */
import { setEnvironment } from "../config/env-file.ts";
import { isSecretKey, readSecrets } from "../config/secret-keys.ts";
import { deriveCiSecretKey, listCiSecrets } from "../core/ci-secrets.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

interface SecretFlags {
  readonly folder: string;
  readonly name: string;
  /** Whose CI hands it to steps: `name` is the one in `[ci.secrets]` of its file. */
  readonly project?: string | undefined;
}

function keyOf({ name, project }: SecretFlags): string {
  return project === undefined ? name : deriveCiSecretKey(project, name);
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

export async function getSecret(tools: Tools, flags: SecretFlags): Promise<ExitCode> {
  const { folder } = flags;
  const name = keyOf(flags);
  const value = (await readSecrets(folder)).get(name);
  if (value === undefined) throw unknown(name);
  tools.reveal(`${value}\n`);
  return ExitCode.done;
}

export async function setSecret(tools: Tools, flags: SecretFlags): Promise<ExitCode> {
  const { folder, project } = flags;
  if (project !== undefined) await requireDeclared(tools, { ...flags, project });
  const name = keyOf(flags);
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
  const use =
    project === undefined
      ? "to restart the services that use it: disinto up"
      : "for the CI to have it: disinto init, then disinto up";
  tools.say(`${name} is set in .env; ${use}`);
  return ExitCode.done;
}

export async function removeSecret(tools: Tools, flags: SecretFlags): Promise<ExitCode> {
  const { folder } = flags;
  const name = keyOf(flags);
  if (!(await readSecrets(folder)).has(name)) throw unknown(name);
  await setEnvironment(folder, { [name]: undefined });
  tools.say(`${name} was removed from .env`);
  return ExitCode.done;
}

/** The file says which events get it: without a line there the value would be nobody's. */
async function requireDeclared(
  tools: Tools,
  { folder, name, project }: SecretFlags & { readonly project: string },
): Promise<void> {
  const { factory } = await openFleet(tools, folder);
  const found = factory.projects.find((one) => one.name === project);
  if (!found)
    throw new DisintoError("usage.invalid", `there is no project ${project}`, {
      hint: `one of: ${factory.projects.map((one) => one.name).join(", ")}`,
    });
  if (listCiSecrets(found).some((one) => one.name === name)) return;
  throw new DisintoError("usage.invalid", `projects/${project}.toml declares no secret ${name}`, {
    hint: `add under [ci.secrets]: ${name} = ["tag"], with the events whose steps get it`,
  });
}

function unknown(name: string): DisintoError {
  return new DisintoError("usage.invalid", `.env holds no secret ${name}`, {
    hint: "disinto secrets list shows their names",
  });
}
