/** What each container may reach outside, as the egress service reads it again and again; nothing of it is in an environment. */
import { ciProviders } from "../ci/definitions.ts";
import { FORGE_ELSEWHERE } from "../forge-kinds/definitions.ts";
import { listInbound, routeTo } from "./addresses.ts";
import type { Bot, Factory, Project } from "./factory.ts";
import { namesOf } from "./kinds.ts";
import { deriveContainerName } from "./names.ts";
import { networkPresets } from "./network-presets.ts";

/** Below the factory's folder; mounted as a folder, since a mounted file would not follow its replacement. */
export const EGRESS_FOLDER = ".disinto/egress";
export const EGRESS_FILE = "lists.json";

export interface Caller {
  /** The bot, or what else asks, for people. */
  readonly name: string;
  /** `host`, `*.host` or `host:port`; without a port 80 and 443. */
  readonly allow: readonly string[];
}

export interface EgressLists {
  /** By container name; "" stands for all others, which are steps of Woodpecker's. */
  readonly callers: Readonly<Record<string, Caller>>;
  /** Ports of the host that lead to a model's server. */
  readonly forwards: readonly number[];
  readonly inbound: readonly {
    readonly port: number;
    readonly to: { host: string; port: number };
  }[];
}

export function deriveEgressLists(factory: Factory): EgressLists {
  const { name, bots, projects } = factory;
  const ofBots = bots.map((bot) => [deriveContainerName(name, bot.name), toCaller(bot, factory)]);
  const ofSteps = namesOf(ciProviders).flatMap((provider) => {
    const asked = ciProviders[provider].stepsCaller;
    const own = projects.filter(({ ci }) => ci.provider === provider);
    if (!asked || (own.length === 0 && !asked.isAlways)) return [];
    const allow = [...new Set([...toHosts(listForge(factory)), ...expandAllowed(own)])];
    const caller: Caller = { name: "ci", allow };
    return [[asked.container(name), caller] as const];
  });
  const forwards = bots.flatMap(({ baseUrl = "" }) => {
    const route = routeTo(baseUrl);
    return route?.by === "forward" ? [route.port] : [];
  });
  return {
    callers: Object.fromEntries([...ofBots, ...ofSteps]),
    forwards: [...new Set(forwards)].sort((a, b) => a - b),
    inbound: listInbound(factory).map(({ published, host, port }) => {
      return { port: published, to: { host, port } };
    }),
  };
}

/** Its projects' lists, its model, and the forge where that is outside: the bot itself needs these two. */
function toCaller(bot: Bot, factory: Factory): Caller {
  const own = factory.projects.filter(({ name }) => bot.projects.includes(name));
  const hosts = toHosts([bot.baseUrl ?? "", ...listForge(factory)]);
  return { name: bot.name, allow: [...new Set([...hosts, ...expandAllowed(own)])] };
}

/** Where it runs outside, the CI needs it as much as bots do. */
function listForge({ forge }: Factory): readonly string[] {
  return forge.kind === FORGE_ELSEWHERE ? [forge.url] : [];
}

function toHosts(urls: readonly string[]): readonly string[] {
  return urls.flatMap((url) => {
    const route = routeTo(url);
    return route?.by === "proxy" ? [`${route.host}:${route.port}`] : [];
  });
}

/** What their `[network] allow` names, presets resolved. */
export function expandAllowed(projects: readonly Pick<Project, "network">[]): readonly string[] {
  return [
    ...new Set(
      projects.flatMap(({ network }) =>
        network.allow.flatMap((one) => networkPresets[one] ?? [one]),
      ),
    ),
  ];
}

/** Names are compared whole; a star stands for whatever is before a dot, never for a part of a name. */
export function isAllowed(allow: readonly string[], host: string, port: number): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return allow.some((entry) => {
    const [, pattern = "", stated] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const fits = pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : name === pattern;
    return fits && (stated === undefined ? port === 80 || port === 443 : port === Number(stated));
  });
}
