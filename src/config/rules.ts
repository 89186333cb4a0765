/** What no single setting can know: clashes between bots, and settings that need another one. */
import type { Bot, Factory } from "../core/factory.ts";
import { deriveContainerName, deriveServiceName, deriveSuffix } from "../core/names.ts";
import type { Environment } from "./environment.ts";
import type { Problem } from "./problem.ts";
import type { Place } from "./toml-source.ts";

export interface RuleInput {
  readonly factory: Factory;
  readonly environment: Environment;
  /** Where a bot is declared. */
  readonly locate: (bot: Bot) => Place & { path: string };
}

export function* checkRules(input: RuleInput): Generator<Problem> {
  yield* checkBackends(input);
  yield* checkClashes(input);
  yield* checkProjects(input);
}

function* checkBackends({ factory, environment, locate }: RuleInput): Generator<Problem> {
  for (const bot of factory.bots) {
    if (bot.harness !== "command" && !bot.baseUrl) yield lackBaseUrl(bot, locate(bot));
    const key = bot.apiKeyEnv;
    if (key === undefined) continue;
    if (!/^[A-Z_][A-Z0-9_]*$/.test(key)) {
      yield {
        ...locate(bot),
        message: `api_key_env of ${bot.name} is no variable name`,
        hint: "put the key itself into .env and its variable's name here",
      };
    } else if (!environment.values.get(key)) {
      yield {
        ...locate(bot),
        message: `api_key_env of ${bot.name} names ${key}, which .env does not set`,
        hint: `add ${key}=… to .env`,
      };
    }
  }
}

function lackBaseUrl(bot: Bot, place: Place & { path: string }): Problem {
  const key = bot.declaredIn === "LLAMA_BOTS" ? "LLAMA_BASE_URL in .env" : "base_url";
  return {
    ...place,
    message: `${bot.name} has no model: harness ${bot.harness} needs a base URL`,
    hint: `set ${key}, for example http://host.docker.internal:8081`,
  };
}

/** Two bots must never share what tells them apart. */
function* checkClashes({ factory, locate }: RuleInput): Generator<Problem> {
  const names: readonly [string, (bot: Bot) => string][] = [
    ["the variables' suffix", (bot) => deriveSuffix(bot.name)],
    ["the forge user", (bot) => bot.forgeUser.toLowerCase()],
    ["the service", deriveServiceName],
    ["the container", (bot) => deriveContainerName(factory.name, bot.name)],
  ];
  for (const [what, nameOf] of names) {
    const taken = new Map<string, Bot>();
    for (const bot of factory.bots) {
      const name = nameOf(bot);
      const first = taken.get(name);
      if (first) yield clash({ first, second: bot, what: `${what} ${name}` }, locate);
      else taken.set(name, bot);
    }
  }
  for (const bot of factory.bots.filter(({ forgeUser }) => forgeUser === factory.forge.adminUser)) {
    yield { ...locate(bot), message: `${bot.name} must not be the forge's administrator` };
  }
}

function clash(
  pair: { first: Bot; second: Bot; what: string },
  locate: RuleInput["locate"],
): Problem {
  return {
    ...locate(pair.second),
    message: `${pair.second.name} has ${pair.what}, like ${pair.first.name} from ${pair.first.origin}`,
    hint: "rename one of them",
  };
}

function* checkProjects({ factory }: RuleInput): Generator<Problem> {
  const places = new Map<string, string>();
  for (const { name } of factory.projects) {
    const file = `projects/${name}.toml`;
    if (places.has(name)) {
      yield { file, line: 1, column: 1, path: "name", message: `two projects are called ${name}` };
    }
    places.set(name, file);
  }
}
