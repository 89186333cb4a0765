/** What a new factory must be told, what is offered where nobody says it, and the lines of `.env` that follow. Pure. */

import { WOODPECKER } from "../ci/definitions.ts";
import { DEFAULT_ENGINE, engines } from "../engines/definitions.ts";
import { DisintoError } from "../errors.ts";
import { FORGE_ELSEWHERE, forgeKinds, offerForge } from "../forge-kinds/definitions.ts";
import { env } from "../settings/env.ts";
import { initFlags } from "../settings/init-flags.ts";
import { namesOf } from "./kinds.ts";
import { offerOwner } from "./owner.ts";
import { REVIEWER } from "./reviewer.ts";
import { ports } from "./service-ports.ts";

/** Variables of `.env` by name. */
export type Answers = Readonly<Record<string, string>>;

/** The flags; each sets one variable. */
export interface SetupFlags {
  readonly engine?: string | undefined;
  readonly forge?: string | undefined;
  readonly forgeUrl?: string | undefined;
  readonly forgePort?: string | undefined;
  /** The project's CI; no variable. */
  readonly ci?: string | undefined;
  readonly admin?: string | undefined;
  readonly owner?: string | undefined;
  readonly bots?: string | undefined;
  readonly localModel?: string | undefined;
  readonly model?: string | undefined;
}

/** Variables of the shell's environment that count for a new factory; scripts pass secrets this way. */
const exported = [
  env.name.key,
  env.engine.key,
  env.bind.key,
  env.forge.key,
  env.imageTag.key,
  env.imageForgejo.key,
  env.forgePort.key,
  env.forgeUrl.key,
  env.woodpeckerHost.key,
  env.ciPort.key,
  env.imageWoodpecker.key,
  env.imageWoodpeckerAgent.key,
  env.forgeAdminUser.key,
  env.forgeAdminPass.key,
  env.owner.key,
  env.llamaBots.key,
  env.llamaBaseUrl.key,
  env.llamaModel.key,
  env.llamaApiKey.key,
];

export function readFlags(flags: SetupFlags): Answers {
  return dropUnset({
    [env.engine.key]: flags.engine,
    [env.forge.key]: flags.forge,
    [env.forgeUrl.key]: flags.forgeUrl,
    [env.forgePort.key]: flags.forgePort,
    [env.forgeAdminUser.key]: flags.admin,
    [env.owner.key]: flags.owner,
    [env.llamaBots.key]: flags.bots,
    [env.llamaBaseUrl.key]: flags.localModel,
    [env.llamaModel.key]: flags.model,
  });
}

export function readExported(environment: Readonly<Record<string, string | undefined>>): Answers {
  return dropUnset(Object.fromEntries(exported.map((key) => [key, environment[key]])));
}

interface NewFactory {
  readonly folder: string;
  readonly repository: string;
  readonly workflow?: string | undefined;
  readonly allow?: string | undefined;
}

/** The command that makes a new factory with these answers and asks nothing; a password stays in the environment. */
export function formatInitCommand(
  { folder, repository, workflow, allow }: NewFactory,
  answers: Answers,
): string {
  const flags = Object.entries(initFlags).flatMap(([key, flag]) => {
    const value = answers[key];
    return value === undefined ? [] : [flag, quoteWord(value)];
  });
  if (workflow !== undefined) flags.push("--workflow", workflow);
  if (allow !== undefined) flags.push("--allow", quoteWord(allow));
  const place = folder === "." ? [] : ["--factory", quoteWord(folder)];
  return ["disinto", ...place, "init", quoteWord(repository), ...flags, "--yes"].join(" ");
}

/** As a POSIX shell reads it back. */
export function quoteWord(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function dropUnset(values: Readonly<Record<string, string | undefined>>): Answers {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

export const defaultForgePort = "3000";
export const defaultCiPort = "8000";

/** A name by which this machine is found, and the address of its own to which the name leads here. */
export interface MachineName {
  readonly name: string;
  readonly address: string;
}

interface Gaps {
  /** A port that nobody has. */
  readonly freePort: string;
  /** Who runs the command, on this machine. */
  readonly systemUser?: string;
  readonly freeCiPort?: string;
  /** For the dashboard. */
  readonly freeDashboardPort?: string;
  /** Absent if no name leads to it. */
  readonly machine?: MachineName | undefined;
  /** Asked for by name; undefined: what suits the forge. */
  readonly ci?: string | undefined;
}

/** The forge of a new factory: the one named, the one at the address given, or the engine's best. */
function chooseForge(given: Answers): string {
  const isElsewhere = given[env.forgeUrl.key] !== undefined;
  return given[env.forge.key] ?? (isElsewhere ? FORGE_ELSEWHERE : offerForge(runsImages(given)));
}

function runsImages({ [env.engine.key]: engine = DEFAULT_ENGINE }: Answers): boolean {
  return namesOf(engines).some((name) => name === engine && engines[name].runsImages);
}

/** Pinned in `.env`, so that a later version's default changes nothing; disinto's own follows its version. */
function pinImage(forge: string): Answers {
  const kind = namesOf(forgeKinds).find((name) => name === forge);
  const service = kind && forgeKinds[kind].service;
  return service && !service.isOwn ? { [env.imageForgejo.key]: service.image("") } : {};
}

/** A new factory's answers, completed with what is offered; the forge's port only where it is not the usual one. */
export function completeAnswers(given: Answers, gaps: Gaps): Answers {
  const { freePort, freeDashboardPort = String(ports.dashboard), systemUser = "owner" } = gaps;
  const engine = given[env.engine.key] ?? DEFAULT_ENGINE;
  const forge = chooseForge(given);
  const ownForge = forge !== FORGE_ELSEWHERE;
  const factoryName = given[env.name.key] ?? env.name.fallback;
  const ciLogin = `${factoryName}-local-ci`;
  const bots = given[env.llamaBots.key] ?? "dev-qwen";
  const adminUser = given[env.forgeAdminUser.key] ?? env.forgeAdminUser.fallback ?? "";
  const taken = [
    adminUser,
    ciLogin,
    `${factoryName}-ci`,
    `${factoryName}-dashboard`,
    `${factoryName}-${REVIEWER}`,
    ...bots.split(/[\s,]+/),
  ];
  return {
    [env.engine.key]: engine,
    [env.forge.key]: forge,
    ...pinImage(forge),
    ...(ownForge && freePort !== defaultForgePort && { [env.forgePort.key]: freePort }),
    [env.dashboardPort.key]: freeDashboardPort,
    [env.ciLogin.key]: ciLogin,
    [env.llamaBots.key]: bots,
    ...(ownForge && { [env.owner.key]: offerOwner(systemUser, taken) }),
    [env.llamaBaseUrl.key]: offerModel(engine),
    ...nameAddresses(given, forge, gaps),
    ...given,
  };
}

const defaultBind = "127.0.0.1";

/** With Woodpecker browser, services and steps must find forge and CI under one name each (docs/networks.md). */
function nameAddresses(given: Answers, forge: string, gaps: Gaps): Answers {
  const { machine, ci, freePort, freeCiPort = defaultCiPort } = gaps;
  const kind = namesOf(forgeKinds).find((name) => name === forge);
  const isServed = kind !== undefined && forgeKinds[kind].service?.servesCi;
  if (!machine || !isServed || !runsImages(given) || (ci ?? WOODPECKER) !== WOODPECKER) return {};
  const port = given[env.forgePort.key] ?? freePort;
  const ciPort = given[env.ciPort.key] ?? freeCiPort;
  const { name, address } = machine;
  return {
    [env.forgeUrl.key]: `http://${name}:${port}`,
    [env.woodpeckerHost.key]: `http://${name}:${ciPort}`,
    ...(ciPort !== defaultCiPort && { [env.ciPort.key]: ciPort }),
    ...(address !== defaultBind && { [env.bind.key]: address }),
  };
}

const defaultModelPort = 8081;

/** A server on this machine, as the bots see it. */
export function offerModel(engine: string, port: number = defaultModelPort): string {
  const known = namesOf(engines).find((name) => name === engine) ?? DEFAULT_ENGINE;
  return `http://${engines[known].hostAddress}:${port}`;
}

/** What is to be written into the `.env` of a factory that exists; it is never overruled. */
export function mergeAnswers(given: Answers, known: ReadonlyMap<string, string>): Answers {
  const changes = Object.entries(given).filter(([key, value]) => known.get(key) !== value);
  const [contrary] = changes.filter(([key]) => known.has(key));
  if (!contrary) return Object.fromEntries(changes);
  const [key, value] = contrary;
  throw new DisintoError("usage.invalid", `${key} is ${known.get(key)} in .env, not ${value}`, {
    hint: `leave the flag out, or change ${key} in .env`,
  });
}
