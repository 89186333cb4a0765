/**
 * Who reaches what, and where (docs/networks.md): the one table from which every rendering, command and check takes an
 * address. Nothing else joins a name and a port. Pure.
 */

import { listUsedCis } from "../ci/definitions.ts";
import { engines } from "../engines/definitions.ts";
import { forgeKinds } from "../forge-kinds/definitions.ts";
import { FORGE_SERVICE } from "../forge-kinds/service.ts";
import { env } from "../settings/env.ts";
import type { Factory } from "./factory.ts";
import { HOST_NAME, ports } from "./service-ports.ts";

/** Where a part is, for each who reads it. */
interface Reach {
  /** A person's browser and git, and the operator's commands, on this host or another. */
  readonly operator: string;
  /** Another service of the factory, bots among them. */
  readonly internal: string;
  /** What the part says of itself in links, clone URLs and webhooks. */
  readonly announced: string;
}

/** Undefined if there is none. */
export interface Addresses {
  /** `step`: a step of the CI. */
  readonly forge: Reach & { readonly step: string };
  /** The local CI: bots alone ask it. Woodpecker's `bot`: where they ask that one. */
  readonly ci: Pick<Reach, "internal">;
  readonly woodpecker: (Reach & { readonly bot: string }) | undefined;
  readonly dashboard: Reach | undefined;
  /** The way out, for services and steps alike. */
  readonly proxy: Pick<Reach, "internal"> | undefined;
}

/** `ciFile`: with the local engine the CI writes its address into this file. */
export function deriveAddresses(factory: Factory, ciFile = ""): Addresses {
  return engines[factory.engine].runsImages
    ? deriveInContainers(factory)
    : deriveLocal(factory, ciFile);
}

/** Child processes are readers on this host like any other. */
function deriveLocal({ forge, dashboard }: Factory, ciFile: string): Addresses {
  const everywhere = (url: string) => ({ operator: url, internal: url, step: url, announced: url });
  return {
    forge: everywhere(forge.url),
    ci: { internal: ciFile },
    woodpecker: undefined,
    dashboard: dashboard && everywhere(publish(forge.bind, dashboard.port)),
    proxy: undefined,
  };
}

function deriveInContainers(factory: Factory): Addresses {
  const { forge, ci, dashboard } = factory;
  const forgeInside = isOurs(forge) ? `http://${FORGE_SERVICE}:${ports.forge}` : forge.url;
  const woodpecker = `http://woodpecker:${ports.woodpecker}`;
  const gate = `http://woodpecker-gate:${ports.woodpeckerGate}`;
  const outside = (url: string) => ({ operator: url, announced: url });
  return {
    forge: {
      ...outside(forge.url),
      internal: forgeInside,
      // Woodpecker's steps clone from where the forge says that it is; those of our own CI are inside already.
      step: usesWoodpecker(factory) ? forge.url : forgeInside,
    },
    ci: { internal: `http://ci:${ports.ci}` },
    woodpecker: usesWoodpecker(factory)
      ? { ...outside(ci.url), internal: woodpecker, bot: ci.hasGate ? gate : woodpecker }
      : undefined,
    dashboard: dashboard && {
      ...outside(publish(forge.bind, dashboard.port)),
      internal: `http://dashboard:${ports.dashboard}`,
    },
    proxy: { internal: `http://egress:${ports.proxy}` },
  };
}

/** The address of what is published on this host; what listens everywhere is reached by loopback. */
export function publish(bind: string, port: number): string {
  const host = bind === "0.0.0.0" || bind === "::" ? "127.0.0.1" : bind;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function usesWoodpecker(factory: Factory): boolean {
  return listUsedCis(factory).some(({ hasPages }) => hasPages);
}

function isOurs({ kind }: Factory["forge"]): boolean {
  return forgeKinds[kind].service !== undefined;
}

/** A port of the host that leads to a part. */
export interface Inbound {
  readonly service: "forge" | "ssh" | "woodpecker" | "dashboard";
  readonly bind: string;
  readonly published: number;
  /** Name and port inside. */
  readonly host: string;
  readonly port: number;
}

/** What an operator reaches without the edge. None of these parts publishes a port itself: a way in must be no way out. */
export function listInbound(factory: Factory): readonly Inbound[] {
  const { forge, ci, dashboard } = factory;
  const carry = (service: Exclude<Inbound["service"], "ssh">, published: number, host: string) => {
    return { service, bind: forge.bind, published, host, port: ports[service] };
  };
  return [
    ...(isOurs(forge) ? [carry("forge", forge.port, FORGE_SERVICE)] : []),
    ...listSsh(factory),
    ...(usesWoodpecker(factory) ? [carry("woodpecker", ci.port, "woodpecker")] : []),
    ...(dashboard ? [carry("dashboard", dashboard.port, "dashboard")] : []),
  ];
}

function listSsh({ forge, images }: Factory): readonly Inbound[] {
  const port = forgeKinds[forge.kind].service?.sshPort?.(images.forgejo);
  const { sshPort: published, bind } = forge;
  if (port === undefined || published === undefined) return [];
  return [{ service: "ssh", bind, published, host: FORGE_SERVICE, port }];
}

/**
 * Names by which operators reach parts of ours, which must mean the same inside: there they lead to who carries the
 * published ports, so that one address holds for a browser, a service and a step.
 */
export function listOutsideNames(factory: Factory): readonly string[] {
  const { forge, ci, edge } = factory;
  const urls = [
    ...(isOurs(forge) ? [forge.url] : []),
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

/** One that means the same to whoever resolves it: no number, not loopback, not the engine's word for its host. */
export function isName(hostname: string): boolean {
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
  if (!engines[factory.engine].runsImages) return;
  yield* findUnreachableForge(factory);
  yield* findUnreachableModels(factory);
  yield* findSharedPorts(factory);
}

function* findUnreachableForge(factory: Factory): Generator<Unreachable> {
  const { forge, ci } = factory;
  if (!isOurs(forge) && isLoopback(forge.url))
    yield {
      at: { key: env.forgeUrl.key },
      message: `${forge.url} is each container's own, so no bot reaches the forge there`,
      hint: "use a name or an address of the forge's machine that is reached from everywhere",
    };
  if (!usesWoodpecker(factory)) return;
  const both = [
    [env.forgeUrl.key, forge.url],
    [env.woodpeckerHost.key, ci.url],
  ] as const;
  for (const [key, url] of both) {
    const { hostname } = new URL(url);
    const isOwn = key === env.woodpeckerHost.key || isOurs(forge);
    if (!isLoopback(url) && !(isOwn && !isName(hostname))) continue;
    yield {
      at: { key },
      message: `${url} resolves differently inside containers, and with Woodpecker the browser, the server and the steps must all reach it there`,
      hint: `set ${key} to a name that leads to this machine, for example http://my-server.lan:${key === env.forgeUrl.key ? forge.port : ci.port} (docs/networks.md)`,
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

/** On the host they are published beside those. */
function* findEdgePorts(
  { edge }: Factory,
  taken: ReadonlyMap<number, string>,
): Generator<Unreachable> {
  const ports = [
    [env.httpPort.key, edge?.httpPort],
    [env.httpsPort.key, edge?.httpsPort],
  ] as const;
  for (const [key, port] of ports) {
    const other = port === undefined ? undefined : taken.get(port);
    const isBoth = key === env.httpsPort.key && port !== undefined && port === edge?.httpPort;
    if (!other && !isBoth) continue;
    yield {
      at: { key },
      message: `port ${port} is also that of ${other ?? "the edge's HTTP"}`,
      hint: "give one of them another port",
    };
  }
}

/** The egress service listens on all of these, so no two may be the same. */
function* findSharedPorts(factory: Factory): Generator<Unreachable> {
  const taken = new Map<number, string>([[ports.proxy, "the factory's proxy"]]);
  const keys = {
    forge: env.forgePort.key,
    ssh: env.forgeSshPort.key,
    woodpecker: env.ciPort.key,
    dashboard: env.dashboardPort.key,
  };
  for (const { service, published } of listInbound(factory)) {
    const other = taken.get(published);
    if (other)
      yield {
        at: { key: keys[service] },
        message: `port ${published} is also that of ${other}`,
        hint: "give one of them another port",
      };
    taken.set(published, `the factory's ${service}`);
  }
  yield* findEdgePorts(factory, taken);
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
