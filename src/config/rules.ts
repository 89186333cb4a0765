/** What no single setting can know: clashes between bots, and settings that need another one. */

import { ciProviders, listUsedCis } from "../ci/definitions.ts";
import { findUnreachable } from "../core/addresses.ts";
import { deriveBackend } from "../core/backend.ts";
import type { Bot, Factory } from "../core/factory.ts";
import {
  deriveContainerName,
  deriveServiceName,
  deriveSuffix,
  isSameLogin,
} from "../core/names.ts";
import { HOST_NAME } from "../core/service-ports.ts";
import { engines } from "../engines/definitions.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { harnesses } from "../harness/definitions.ts";
import { env } from "../settings/env.ts";
import type { Environment } from "./environment.ts";
import type { ConfigProblem } from "./problem.ts";
import type { SourcePlace } from "./toml-source.ts";

export type Location = SourcePlace & { readonly path: string };

export interface RuleInput {
  readonly factory: Factory;
  readonly environment: Environment;
  /** A file that may hold settings of the bot has problems of its own: what it lacks may stand there. */
  readonly isUnread: (bot: Bot) => boolean;
  /** Where a bot is declared, or one of its settings. */
  readonly locateBot: (bot: Bot, key?: string) => Location;
  /** Where each project says its name and its repository, in the factory's order. */
  readonly projectPlaces: readonly ProjectPlaces[];
}

export interface ProjectPlaces {
  readonly forgeUrl: Location & { readonly value: string | undefined };
  readonly name: Location;
  readonly repo: Location;
  readonly image: Location;
}

export function* checkRules(input: RuleInput): Generator<ConfigProblem> {
  yield* checkBackends(input);
  yield* checkSlots(input);
  yield* checkClashes(input);
  yield* checkAdministrator(input);
  yield* checkOwner(input);
  yield* checkProjects(input);
  yield* checkForgeUrls(input);
  yield* checkImages(input);
  yield* checkEngine(input);
  yield* checkAddresses(input);
  yield* checkSsh(input);
}

function* checkSsh({ factory: { forge }, environment }: RuleInput): Generator<ConfigProblem> {
  if (forge.sshPort === undefined || forgeKinds[forge.kind].service?.sshPort) return;
  const { key } = env.forgeSshPort;
  yield {
    ...environment.locate(key),
    path: key,
    message: `the forge is ${forgeKinds[forge.kind].meaning}, to which disinto gives no SSH`,
    hint: "remove the line",
  };
}

/** What cannot be reached from where it must be. */
function* checkAddresses({ factory, environment, locateBot }: RuleInput): Generator<ConfigProblem> {
  for (const { at, message, hint } of findUnreachable(factory)) {
    if ("key" in at) yield { ...environment.locate(at.key), path: at.key, message, hint };
    else {
      const bot = factory.bots.find(({ name }) => name === at.bot);
      if (bot) yield { ...locateBot(bot, "base_url"), message, hint };
    }
  }
}

/** A bot has one token, so there is one forge. */
function* checkForgeUrls({
  factory,
  environment,
  projectPlaces,
}: RuleInput): Generator<ConfigProblem> {
  const inEnvironment = environment.values.get(env.forgeUrl.key);
  const stated = projectPlaces.flatMap(({ forgeUrl }) => (forgeUrl.value ? [forgeUrl] : []));
  const decides = inEnvironment ? environment.locate(env.forgeUrl.key) : stated[0];
  for (const { value, ...place } of stated) {
    if (value?.replace(/\/+$/, "") === factory.forge.url) continue;
    yield {
      ...place,
      message: `${value} is not the forge of this factory, ${factory.forge.url} (${decides?.file}:${decides?.line})`,
      hint: "a factory has one forge: make them the same, or leave this one out",
    };
  }
}

/** A bot has one image, so the projects it works on must want the same. */
function* checkImages({ factory, locateBot, projectPlaces }: RuleInput): Generator<ConfigProblem> {
  const wanted = factory.projects.map(({ name, image }, index) => {
    return { name, image, place: projectPlaces[index]?.image };
  });
  for (const bot of factory.bots.filter(({ image }) => image === undefined)) {
    const stated = wanted.filter(({ name, image }) => image && bot.projects.includes(name));
    const [first, other] = [stated[0], stated.find(({ image }) => image !== stated[0]?.image)];
    if (!first?.place || !other?.place) continue;
    const places = [first, other].map(({ place }) => `${place?.file}:${place?.line}`);
    yield {
      ...locateBot(bot),
      message: `${bot.name} works on projects with different images, ${places.join(" and ")}`,
      hint: `set image in [agents.${bot.name}]`,
    };
  }
}

/** Child processes can only be disinto's own. */
function* checkEngine({
  factory,
  environment,
  projectPlaces,
}: RuleInput): Generator<ConfigProblem> {
  if (engines[factory.engine].runsImages) return;
  const hint = "set DISINTO_ENGINE=compose, or use what disinto brings itself";
  const refuse = (key: string): ConfigProblem => {
    const message = "the local engine cannot run this";
    return { ...environment.locate(key), path: key, message, hint };
  };
  const { service } = forgeKinds[factory.forge.kind];
  if (service && !service.isOwn) yield refuse(env.forge.key);
  if (factory.edge) yield refuse(env.engine.key);
  for (const [index, { ci }] of factory.projects.entries()) {
    const place = projectPlaces[index]?.repo;
    if (!ciProviders[ci.provider].needsImages || !place) continue;
    yield {
      ...place,
      path: "ci.provider",
      message: "the local engine cannot run Woodpecker",
      hint,
    };
  }
}

function* checkBackends(input: RuleInput): Generator<ConfigProblem> {
  const { factory, environment, isUnread, locateBot } = input;
  for (const bot of factory.bots) {
    if (harnesses[bot.harness].asksModel && !bot.baseUrl && !isUnread(bot))
      yield lackBaseUrl(bot, locateBot(bot));
    const key = bot.apiKeyEnv;
    if (key === undefined) continue;
    const place = locateBot(bot, "api_key_env");
    if (!/^[A-Z_][A-Z0-9_]*$/.test(key)) {
      const hint = "put the key into .env and the name of its variable here";
      yield { ...place, message: "must be the name of a variable, not a key", hint };
    } else if (!environment.values.get(key)) {
      yield { ...place, message: `.env does not set ${key}`, hint: `add ${key}=... to .env` };
    }
  }
}

function lackBaseUrl(bot: Bot, place: Location): ConfigProblem {
  const key = bot.declaredIn === "LLAMA_BOTS" ? "LLAMA_BASE_URL in .env" : "base_url";
  return {
    ...place,
    message: `${bot.name} has no model: the harness ${bot.harness} needs a base URL`,
    hint: `set ${key}, for example http://${HOST_NAME}:8081`,
  };
}

/** How many requests a backend takes is one fact of that backend, whoever states it. */
function* checkSlots({ factory, locateBot }: RuleInput): Generator<ConfigProblem> {
  const firsts = new Map<string, Bot>();
  for (const bot of factory.bots) {
    if (bot.slots === undefined) continue;
    const backend = deriveBackend(bot);
    const first = firsts.get(backend) ?? bot;
    firsts.set(backend, first);
    if (first.slots === bot.slots) continue;
    const { file, line } = locateBot(first, "slots");
    yield {
      ...locateBot(bot, "slots"),
      message: `${bot.name} says that ${backend} has ${bot.slots} slots, and ${first.name} in ${file}:${line} that it has ${first.slots}`,
      hint: "give both the same number, or leave one out",
    };
  }
}

const derivedNames: readonly (readonly [string, (bot: Bot, factory: Factory) => string])[] = [
  ["variables in .env", ({ name }) => deriveSuffix(name)],
  ["forge user", ({ forgeUser }) => forgeUser.toLowerCase()],
  ["service", (bot) => deriveServiceName(bot)],
  ["container", ({ name }, factory) => deriveContainerName(factory.name, name)],
];

/** Two bots must never share what tells them apart. */
function* checkClashes({ factory, locateBot }: RuleInput): Generator<ConfigProblem> {
  for (const [what, derive] of derivedNames) {
    for (const { first, second, name } of findRepeated(factory.bots, (bot) =>
      derive(bot, factory),
    )) {
      yield {
        ...locateBot(second),
        message: `${second.name} and ${first.name} from ${first.origin} both have the ${what} ${name}`,
        hint: "rename one of them",
      };
    }
  }
}

function* checkAdministrator({ factory, locateBot }: RuleInput): Generator<ConfigProblem> {
  const { adminUser } = factory.forge;
  for (const bot of factory.bots.filter(({ forgeUser }) => isSameLogin(forgeUser, adminUser))) {
    yield {
      ...locateBot(bot, "forge_user"),
      message: `${bot.name} would be the forge's administrator, ${adminUser}`,
      hint: "give the bot a user of its own",
    };
  }
}

/** A person pushes to the primary branch, which an account of the factory never may. */
function* checkOwner({ factory, environment }: RuleInput): Generator<ConfigProblem> {
  const { owner, bots, projects } = factory;
  if (owner === undefined) return;
  const cis = listUsedCis({ projects }).flatMap(({ user }) => user?.(factory).login ?? []);
  const taken = [...bots.map(({ forgeUser }) => forgeUser), ...cis];
  if (!taken.some((login) => isSameLogin(login, owner))) return;
  yield {
    ...environment.locate(env.owner.key),
    path: env.owner.key,
    message: `${owner} is an account of the factory, which no person can have`,
    hint: "name another user; --owner does in a new factory",
  };
}

function* checkProjects({ factory, projectPlaces }: RuleInput): Generator<ConfigProblem> {
  const projects = factory.projects.map((project, index) => ({
    project,
    places: projectPlaces[index],
  }));
  const facts = [
    ["name", ({ project }: (typeof projects)[number]) => project.name],
    ["repo", ({ project: { repo } }: (typeof projects)[number]) => `${repo.owner}/${repo.name}`],
  ] as const;
  for (const [key, derive] of facts) {
    for (const { first, second, name } of findRepeated(projects, derive)) {
      const [place, other] = [second.places?.[key], first.places?.[key]];
      const message = `${name} is also in ${other?.file}:${other?.line}`;
      if (place) yield { ...place, message, hint: `give one of them another ${key}` };
    }
  }
}

function findRepeated<T>(items: readonly T[], derive: (item: T) => string) {
  const firsts = new Map<string, T>();
  return items.flatMap((second) => {
    const name = derive(second);
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, second);
    return first === undefined ? [] : [{ first, second, name }];
  });
}
