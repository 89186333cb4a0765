/** The bot's whole configuration, read from its environment as settings/bot.ts declares it. */
import * as z from "zod/mini";
import { type CiProvider, ciProviders } from "../ci/definitions.ts";
import { namesOf } from "../core/kinds.ts";
import type { Separation } from "../core/uids.ts";
import { DisintoError } from "../errors.ts";
import { type BotPartValues, type BotValues, botParts, botVariables } from "../settings/bot.ts";

interface CiAccess {
  readonly url: string;
  readonly token: string;
}

export interface BotSettings extends Omit<BotValues, "dashboardUrl" | "eventsToken" | "command"> {
  /** argv; empty where the harness asks a model. */
  readonly command: readonly string[];
  /** What the harness asks; undefined: none, or one that a command knows by itself. */
  readonly model: ModelServerSettings | undefined;
  /** `announced`: its address as people know it, where that is another one. */
  readonly forge: {
    readonly url: string;
    readonly announced?: string | undefined;
    readonly user: string;
    readonly token: string;
  };
  /** Access to the logs of its runs; undefined if there are none or the token is missing. */
  readonly ci: Readonly<Partial<Record<CiProvider, CiAccess>>>;
  /** Harnesses run as users of their own, which read none of these folders; undefined: they run as this process does. */
  readonly separation?: Separation | undefined;
  /** Where its events are handed in; undefined: nowhere. */
  readonly dashboard?: { readonly url: string; readonly token: string } | undefined;
  /** What bots share that share a model's server, and how many sessions it serves at once as far as configured. */
  readonly backend: { readonly name: string; readonly slots: number | undefined };
}

export interface ModelServerSettings {
  readonly baseUrl: string;
  readonly key: string | undefined;
  /** Where Claude's login stands in for a key. */
  readonly loginFolder: string | undefined;
  readonly name: string;
  /** Tokens of one session, as far as configured. */
  readonly context: number | undefined;
  /** Per cent of the context window at which Claude Code compacts; undefined means its own default. */
  readonly compactPct: string | undefined;
}

/** A CI's address and token, by their own names. */
const ciShapes: Readonly<Record<string, z.ZodMiniType>> = Object.fromEntries(
  Object.values(ciProviders).flatMap(({ access }) =>
    access
      ? [
          [access.urlKey, z.optional(z.url())],
          [access.tokenKey, z.optional(z.string())],
        ]
      : [],
  ),
);

type Environment = Readonly<Record<string, unknown>>;

export function readBotSettings(
  environment: Readonly<Record<string, string | undefined>>,
): BotSettings {
  const variables = [...Object.values(botVariables), ...Object.values(botParts)];
  const shapes = Object.fromEntries(
    variables.map(({ key, read }): [string, z.ZodMiniType] => [key, read()]),
  );
  const parsed = z.object({ ...shapes, ...ciShapes }).safeParse(environment);
  if (!parsed.success) {
    throw new DisintoError(
      "config.invalid",
      `the bot's environment is incomplete:\n${z.prettifyError(parsed.error)}`,
      {
        hint: "start bots with `disinto up`, which sets it",
      },
    );
  }
  return toSettings(parsed.data);
}

function toSettings(env: Environment): BotSettings {
  const { dashboardUrl, eventsToken, ...values } = pick<BotValues>(botVariables, env);
  const parts = pick<BotPartValues>(botParts, env);
  return {
    ...values,
    statusToken: values.statusToken || undefined,
    command: values.command ?? [],
    model: readModelServer(parts),
    forge: {
      url: parts.forgeUrl,
      announced: parts.forgeAnnounced,
      user: parts.forgeUser,
      token: parts.forgeToken,
    },
    backend: { name: parts.backendName, slots: parts.slots },
    ci: readCiAccess(env),
    dashboard: dashboardUrl && eventsToken ? { url: dashboardUrl, token: eventsToken } : undefined,
    separation: parts.users && {
      mounts: parts.mounts?.split(":") ?? [],
      proxy: parts.proxy,
    },
  };
}

/** By the names in a table; each value has passed that variable's own shape. */
function pick<Values>(
  table: Readonly<Record<keyof Values & string, { readonly key: string }>>,
  env: Environment,
): Values {
  const entries = Object.entries<{ readonly key: string }>(table);
  return Object.fromEntries(entries.map(([name, { key }]) => [name, env[key]])) as Values;
}

function readCiAccess(env: Environment): BotSettings["ci"] {
  const found = namesOf(ciProviders).flatMap((name) => {
    const { access } = ciProviders[name];
    const [url, token] = access ? [env[access.urlKey], env[access.tokenKey]] : [];
    return url && token ? [[name, { url, token }]] : [];
  });
  return Object.fromEntries(found);
}

function readModelServer({
  modelUrl: baseUrl,
  modelKey,
  modelName: name,
  ...rest
}: BotPartValues): ModelServerSettings | undefined {
  if (baseUrl === undefined) return undefined;
  // compose hands on a variable that .env does not hold as an empty one.
  const { context, compactPct, loginFolder } = rest;
  return { baseUrl, key: modelKey || undefined, loginFolder, name, context, compactPct };
}
