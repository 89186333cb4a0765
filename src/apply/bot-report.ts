/** Every declared bot beside what is: its service, and whether the forge accepts its credentials. */

import { type StampedEvent, summarizeEvents } from "../core/bot-status.ts";
import type { Bot, Factory } from "../core/factory.ts";
import { deriveFactoryRepo, deriveIdentities } from "../core/identities.ts";
import { deriveCredentialKeys, deriveServiceName, isSameLogin } from "../core/names.ts";
import { describeWork } from "../core/problems.ts";
import { DisintoError } from "../errors.ts";
import type { HarnessName } from "../harness/definitions.ts";
import type { Containers, ObservedContainer } from "../ports/containers.ts";
import type { Forge } from "../ports/forge.ts";

/** `unknown`: the forge does not answer. */
export type CredentialState = "valid" | "refused" | "missing" | "foreign" | "unknown";

export interface BotReport {
  readonly name: string;
  readonly state: string;
  readonly roles: readonly string[];
  readonly projects: readonly string[];
  readonly harness: HarnessName;
  readonly backend: string | undefined;
  readonly model: string;
  readonly forgeUser: string;
  readonly credentials: CredentialState;
  /** With what else somebody can act as its user on the forge; undefined where nobody could look. */
  readonly foreignCredentials?: readonly string[] | undefined;
  readonly service: string;
  readonly enabled: boolean;
  readonly origin: string;
  /** What it is at, and since when; empty where it never said. */
  readonly work: string;
  /** ISO 8601. */
  readonly lastEventAt: string | undefined;
}

interface Sources {
  readonly factory: Factory;
  readonly environment: ReadonlyMap<string, string>;
  readonly containers: Containers;
  /** Where somebody has looked already. */
  readonly observed?: readonly ObservedContainer[];
  /** The events by service. */
  readonly events: ReadonlyMap<string, readonly StampedEvent[]>;
  /** Foreign credentials by login, where an administrator has looked. */
  readonly foreign?: ReadonlyMap<string, readonly string[]> | undefined;
  readonly forge: (url: string, token: string) => Promise<Pick<Forge, "whoami">>;
}

export async function reportBots(sources: Sources): Promise<readonly BotReport[]> {
  const { factory, containers, events } = sources;
  const observed = sources.observed ?? (await containers.observe()).containers;
  return Promise.all(
    factory.bots.map(async (bot): Promise<BotReport> => {
      const service = deriveServiceName(bot);
      const running = observed.find((one) => one.service === service);
      const { name, roles, projects, harness, model, forgeUser, origin, enabled } = bot;
      const state = running?.state ?? (enabled ? "missing" : "disabled");
      const credentials = await checkCredentials(sources, bot);
      const backend = bot.baseUrl;
      const about = { name, state, roles, projects, harness, backend, model, forgeUser };
      const status = summarizeEvents(events.get(service) ?? []);
      const work = running?.running ? describeWork(status) : "";
      const { lastEventAt } = status;
      const foreignCredentials = sources.foreign?.get(forgeUser);
      const rest = { service, enabled, origin, work, lastEventAt };
      return { ...about, credentials, foreignCredentials, ...rest };
    }),
  );
}

/** The accounts of what is no bot: the CI's, the dashboard's. */
export async function reportOthers(
  sources: Pick<Sources, "factory" | "environment" | "forge">,
): Promise<readonly Pick<BotReport, "name" | "forgeUser" | "credentials">[]> {
  const { users } = deriveIdentities(sources.factory);
  const bots = new Set(sources.factory.bots.map(({ forgeUser }) => forgeUser));
  return Promise.all(
    users
      .filter(({ login }) => !bots.has(login))
      .map(async ({ login, keys }) => {
        const credentials = await tryToken(sources, { key: keys.token, forgeUser: login });
        return { name: login, forgeUser: login, credentials };
      }),
  );
}

function checkCredentials(sources: Sources, { name, forgeUser }: Bot): Promise<CredentialState> {
  return tryToken(sources, { key: deriveCredentialKeys(name).token, forgeUser });
}

async function tryToken(
  { factory, environment, forge }: Pick<Sources, "factory" | "environment" | "forge">,
  { key, forgeUser }: { readonly key: string; readonly forgeUser: string },
): Promise<CredentialState> {
  const token = environment.get(key);
  if (!token) return "missing";
  try {
    const expected = { login: forgeUser, repo: deriveFactoryRepo(factory) };
    const login = await (await forge(factory.forge.url, token)).whoami(expected);
    return isSameLogin(login, forgeUser) ? "valid" : "foreign";
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
    if (error.code === "credentials.wrong") return "foreign";
    const refused = error.code === "forge.unauthorized" || error.code === "forge.forbidden";
    return refused ? "refused" : "unknown";
  }
}
