/**
 * Who reaches what, and where (docs/networks.md): the one table from which every rendering, command and check takes an
 * address. Nothing else joins a name and a port. Pure.
 */
import type { Factory } from "./factory.ts";

/** Ports inside containers; the same whatever is published. */
export const ports = {
  forge: 3000,
  ci: 8000,
  woodpecker: 8000,
  woodpeckerRpc: 9000,
  dashboard: 3080,
  /** Of each bot: /healthz, /metrics, /status. */
  health: 8080,
  /** Of the egress service: its proxy. */
  proxy: 3128,
} as const;

/** The name of the host that runs the containers, as containers say it. */
export const HOST_NAME = "host.docker.internal";

/** Where a part is, for each who reads it. */
interface Reach {
  /** A person's browser and git, and the operator's commands, on this host or another. */
  readonly operator: string;
  /** Another service of the factory, bots among them. */
  readonly part: string;
  /** What the part says of itself in links, clone URLs and webhooks. */
  readonly told: string;
}

/** Undefined: there is none. */
export interface Addresses {
  /** `step`: a step of the CI. */
  readonly forge: Reach & { readonly step: string };
  /** The local CI: bots alone ask it. */
  readonly ci: Pick<Reach, "part">;
  readonly woodpecker: Reach | undefined;
  readonly dashboard: Reach | undefined;
  /** The way out, for services and steps alike. */
  readonly proxy: Pick<Reach, "part"> | undefined;
}

/** `ciFile`: with the local engine the CI writes its address into this file. */
export function deriveAddresses(factory: Factory, ciFile = ""): Addresses {
  return factory.engine === "local" ? deriveLocal(factory, ciFile) : deriveInContainers(factory);
}

/** Child processes are readers on this host like any other. */
function deriveLocal({ forge, dashboard }: Factory, ciFile: string): Addresses {
  const everywhere = (url: string) => ({ operator: url, part: url, step: url, told: url });
  return {
    forge: everywhere(forge.url),
    ci: { part: ciFile },
    woodpecker: undefined,
    dashboard: dashboard && everywhere(publish(forge.bind, dashboard.port)),
    proxy: undefined,
  };
}

function deriveInContainers(factory: Factory): Addresses {
  const { forge, ci, dashboard } = factory;
  const forgeInside = forge.kind === "external" ? forge.url : `http://forgejo:${ports.forge}`;
  const outside = (url: string) => ({ operator: url, told: url });
  return {
    forge: {
      ...outside(forge.url),
      part: forgeInside,
      // Woodpecker's steps clone from where the forge says that it is; those of our own CI are inside already.
      step: usesWoodpecker(factory) ? forge.url : forgeInside,
    },
    ci: { part: `http://ci:${ports.ci}` },
    woodpecker: usesWoodpecker(factory)
      ? { ...outside(ci.url), part: `http://woodpecker:${ports.woodpecker}` }
      : undefined,
    dashboard: dashboard && {
      ...outside(publish(forge.bind, dashboard.port)),
      part: `http://dashboard:${ports.dashboard}`,
    },
    proxy: { part: `http://egress:${ports.proxy}` },
  };
}

/** The address of what is published on this host; what listens everywhere is reached by loopback. */
export function publish(bind: string, port: number): string {
  const host = bind === "0.0.0.0" || bind === "::" ? "127.0.0.1" : bind;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export function usesWoodpecker({ projects }: Factory): boolean {
  return projects.some(({ ci }) => ci.provider === "woodpecker");
}

/** A port of the host that leads to a part. */
export interface Inbound {
  readonly part: "forge" | "woodpecker" | "dashboard";
  readonly bind: string;
  readonly published: number;
  /** Name and port inside. */
  readonly host: string;
  readonly port: number;
}

/** What an operator reaches without the edge. None of these parts publishes a port itself: a way in must be no way out. */
export function listInbound(factory: Factory): readonly Inbound[] {
  const { forge, ci, dashboard } = factory;
  const carry = (part: Inbound["part"], published: number, host: string): Inbound => {
    return { part, bind: forge.bind, published, host, port: ports[part] };
  };
  return [
    ...(forge.kind === "external" ? [] : [carry("forge", forge.port, "forgejo")]),
    ...(usesWoodpecker(factory) ? [carry("woodpecker", ci.port, "woodpecker")] : []),
    ...(dashboard ? [carry("dashboard", dashboard.port, "dashboard")] : []),
  ];
}

/**
 * Names by which operators reach parts of ours, which must mean the same inside: there they lead to who carries the
 * published ports, so that one address holds for a browser, a service and a step.
 */
export function listOutsideNames(factory: Factory): readonly string[] {
  const { forge, ci, edge } = factory;
  const urls = [
    ...(forge.kind === "external" ? [] : [forge.url]),
    ...(usesWoodpecker(factory) ? [ci.url] : []),
  ];
  const names = urls.flatMap((url) => (URL.canParse(url) ? [new URL(url).hostname] : []));
  const domain = edge?.domain;
  const ours = names.filter((name) => isName(name) && !(domain && name.endsWith(`.${domain}`)));
  return [...new Set(ours)].sort();
}

/** How a container of ours gets to an address outside of the factory. */
export type Route =
  /** A port of the host: the egress service forwards it under the host's own name. */
  | { readonly by: "forward"; readonly port: number }
  /** Through the proxy, which must allow it. */
  | { readonly by: "proxy"; readonly host: string; readonly port: number };

/** Undefined for what is no address. */
export function routeTo(url: string): Route | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port) || (protocol === "https:" ? 443 : 80);
  return hostname === HOST_NAME
    ? { by: "forward", port: number }
    : { by: "proxy", host: hostname, port: number };
}

/** This machine, and nothing but it: inside a container that is the container. */
function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return (
    /^127\./.test(hostname) ||
    hostname === "[::1]" ||
    hostname === "0.0.0.0" ||
    // curl and browsers answer these with loopback themselves, whatever a resolver says.
    hostname === "localhost" ||
    hostname.endsWith(".localhost")
  );
}

function isName(hostname: string): boolean {
  const isNumber = /^[\d.]+$/.test(hostname) || hostname.startsWith("[");
  return !isNumber && !isLoopback(`http://${hostname}`) && hostname !== HOST_NAME;
}

/** An address that somebody who must cannot use. */
export interface Unreachable {
  /** The variable that says it, or the bot whose `base_url` does. */
  readonly at: { readonly key: string } | { readonly bot: string };
  readonly message: string;
  readonly hint: string;
}

/** What cannot work however the machine is set up; `doctor` tries the rest. */
export function* findUnreachable(factory: Factory): Generator<Unreachable> {
  if (factory.engine === "local") return;
  yield* findUnreachableForge(factory);
  yield* findUnreachableModels(factory);
  yield* findSharedPorts(factory);
}

function* findUnreachableForge(factory: Factory): Generator<Unreachable> {
  const { forge, ci } = factory;
  if (forge.kind === "external" && isLoopback(forge.url))
    yield {
      at: { key: "FORGE_URL" },
      message: `${forge.url} is each container's own, so no bot reaches the forge there`,
      hint: "use a name or an address of the forge's machine that is reached from everywhere",
    };
  if (!usesWoodpecker(factory)) return;
  const both = [
    ["FORGE_URL", forge.url],
    ["WOODPECKER_HOST", ci.url],
  ] as const;
  for (const [key, url] of both) {
    const { hostname } = new URL(url);
    const isOurs = key === "WOODPECKER_HOST" || forge.kind !== "external";
    if (!isLoopback(url) && !(isOurs && !isName(hostname))) continue;
    yield {
      at: { key },
      message: `${url} means something else inside containers, and with Woodpecker a browser, its server and its steps must all reach it there`,
      hint: `set ${key} to a name that leads to this machine, for example http://my-server.lan:${key === "FORGE_URL" ? forge.port : ci.port} (docs/networks.md)`,
    };
  }
}

function* findUnreachableModels({ bots }: Factory): Generator<Unreachable> {
  for (const { name, baseUrl, enabled } of bots) {
    if (!enabled || baseUrl === undefined || !isLoopback(baseUrl)) continue;
    const { hostname } = new URL(baseUrl);
    yield {
      at: { bot: name },
      message: `${baseUrl} is the bot's own container`,
      hint: `for a model on this machine write ${baseUrl.replace(hostname, HOST_NAME)}`,
    };
  }
}

/** The egress service listens on all of these, so no two may be the same. */
function* findSharedPorts(factory: Factory): Generator<Unreachable> {
  const taken = new Map<number, string>([[ports.proxy, "the factory's proxy"]]);
  const keys = {
    forge: "DISINTO_FORGE_PORT",
    woodpecker: "DISINTO_CI_PORT",
    dashboard: "DISINTO_DASHBOARD_PORT",
  };
  for (const { part, published } of listInbound(factory)) {
    const other = taken.get(published);
    if (other)
      yield {
        at: { key: keys[part] },
        message: `port ${published} is also that of ${other}`,
        hint: "give one of them another port",
      };
    taken.set(published, `the factory's ${part}`);
  }
  for (const { name, baseUrl = "" } of factory.bots) {
    const route = routeTo(baseUrl);
    const other = route?.by === "forward" ? taken.get(route.port) : undefined;
    if (other)
      yield {
        at: { bot: name },
        message: `${baseUrl} has the port of ${other}`,
        hint: "give the model another port",
      };
  }
}
