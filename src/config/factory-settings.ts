/** The factory's own switches, read from `.env` as settings/env.ts declares them. */
import { ciProviders } from "../ci/definitions.ts";
import { publish } from "../core/addresses.ts";
import { CI_SECRET_PREFIX } from "../core/ci-secrets.ts";
import type { Factory } from "../core/factory.ts";
import { namesOf } from "../core/kinds.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { env } from "../settings/env.ts";
import type { Setting } from "../settings/setting.ts";
import type { Environment } from "./environment.ts";
import type { ConfigProblem } from "./problem.ts";
import { nameRefused } from "./refused-value.ts";
import { suggest } from "./suggest.ts";

export type FactorySettings = Omit<Factory, "bots" | "projects">;

/** Reads settings one by one and collects what is wrong with them; a wrong value reads as its default. */
export class Reader {
  readonly problems: ConfigProblem[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** `fallback`: where the declaration cannot know it. */
  read<Value>(setting: Setting<Value>, fallback = setting.fallback): Value {
    const found = this.optional(setting);
    if (found !== undefined) return found;
    const parsed = setting.parse(fallback ?? "");
    if ("value" in parsed) return parsed.value;
    throw new Error(`${setting.key} has no valid default`);
  }

  /** Empty is the same as unset, as `${KEY:-default}` has it. */
  optional<Value>(setting: Setting<Value>): Value | undefined {
    const { key, older } = setting;
    const { values } = this.#environment;
    const text = values.get(key) || (older && values.get(older));
    if (!text) return undefined;
    const parsed = setting.parse(text);
    if ("value" in parsed) return parsed.value;
    const near = parsed.known && suggest(text, parsed.known);
    this.fail(setting, parsed.message, near ? `did you mean ${near}?` : parsed.hint);
    return undefined;
  }

  isSet({ key }: Pick<Setting<unknown>, "key">): boolean {
    return Boolean(this.#environment.values.get(key));
  }

  /** Those that are set and begin so. */
  setKeys(prefix: string): readonly string[] {
    const set = [...this.#environment.values].filter(([, value]) => value !== "");
    return set.flatMap(([key]) => (key.startsWith(prefix) ? [key] : []));
  }

  fail({ key }: Pick<Setting<unknown>, "key">, message: string, hint: string): void {
    const value = this.#environment.values.get(key);
    const problem = { path: key, message: nameRefused(message, key, value), hint };
    this.problems.push({ ...this.#environment.locate(key), ...problem });
  }
}

/** `statedForgeUrl`: what a project says about the forge, where `.env` does not. */
export function readFactorySettings(
  reader: Reader,
  version: string,
  statedForgeUrl: string | undefined,
): FactorySettings {
  const [bind, port, ciPort] = [
    reader.read(env.bind),
    reader.read(env.forgePort),
    reader.read(env.ciPort),
  ];
  const kind = reader.read(env.forge);
  if (!forgeKinds[kind].service && !reader.isSet(env.forgeUrl) && !statedForgeUrl)
    reader.fail(env.forge, "an external forge needs its address", `set ${env.forgeUrl.key}`);
  return {
    name: reader.read(env.name),
    id: reader.optional(env.factoryId),
    owner: reader.optional(env.owner),
    engine: reader.read(env.engine),
    forge: {
      kind,
      url: readForgeUrl(reader, statedForgeUrl ?? publish(bind, port)),
      bind,
      port,
      sshPort: reader.optional(env.forgeSshPort),
      adminUser: reader.read(env.forgeAdminUser),
    },
    images: readImages(reader, version, kind),
    ci: {
      port: ciPort,
      url: reader.read(env.woodpeckerHost, publish(bind, ciPort)),
      login: reader.read(env.ciLogin),
      hasToken: namesOf(ciProviders).filter((name) => {
        const { access } = ciProviders[name];
        return access && reader.isSet({ key: access.tokenKey });
      }),
      hasGate: reader.isSet(env.ciAccountToken),
      secretKeys: reader.setKeys(CI_SECRET_PREFIX),
    },
    leaseTermS: reader.optional(env.leaseTerm),
    ...(reader.isSet(env.budget) && { budget: reader.optional(env.budget) }),
    hasStatusToken: reader.isSet(env.statusToken),
    edge: readEdge(reader),
    dashboard: readDashboard(reader),
    shared: readShared(reader),
  };
}

function readImages(
  reader: Reader,
  version: string,
  kind: Factory["forge"]["kind"],
): Factory["images"] {
  const tag = reader.read(env.imageTag, version);
  const { service } = forgeKinds[kind];
  return {
    agents: reader.read(env.imageAgents, `disinto-agents:${tag}`),
    forgejo: service ? reader.read(env.imageForgejo, service.image(tag)) : "",
    woodpecker: reader.read(env.imageWoodpecker),
    woodpeckerAgent: reader.read(env.imageWoodpeckerAgent),
    edge: reader.read(env.imageEdge),
  };
}

function readEdge(reader: Reader): Factory["edge"] {
  const httpPort = reader.optional(env.httpPort);
  const httpsPort = reader.optional(env.httpsPort);
  const domain = reader.optional(env.domain);
  return httpPort === undefined && httpsPort === undefined
    ? undefined
    : { httpPort, httpsPort, domain, ca: reader.optional(env.edgeCa) };
}

function readDashboard(reader: Reader): Factory["dashboard"] {
  const port = reader.optional(env.dashboardPort);
  return port === undefined ? undefined : { port };
}

function readForgeUrl(reader: Reader, fallback: string): string {
  return (reader.optional(env.forgeUrl) ?? fallback).replace(/\/+$/, "");
}

function readShared(reader: Reader): Factory["shared"] {
  const claude = reader.optional(env.claudeSharedDir);
  const ssh = reader.optional(env.agentSshDir);
  const sops = reader.optional(env.sopsAgeDir);
  return { ...(claude && { claude }), ...(ssh && { ssh }), ...(sops && { sops }) };
}
