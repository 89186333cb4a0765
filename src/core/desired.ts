/** Factory → the services that should exist, as values. Engines only render and run what stands here. */
import { type CiAccessKeys, type CiPlace, ciProviders, listUsedCis } from "../ci/definitions.ts";
import { engines } from "../engines/definitions.ts";
import { deriveBotVariables } from "../settings/bot.ts";
import { deriveAddresses } from "./addresses.ts";
import { deriveEdge, deriveForge } from "./core-services.ts";
import { deriveDashboard } from "./dashboard-service.ts";
import { deriveEgress } from "./egress-service.ts";
import type { Bot, Factory } from "./factory.ts";
import { deriveLayout } from "./layout.ts";
import { deriveContainerName, deriveServiceName, deriveVolumes } from "./names.ts";
import { type DesiredService, deriveProbe, type Mount, separating } from "./service.ts";

export interface Desired {
  /** DISINTO_NAME, and the value of the label `disinto.factory`. */
  readonly name: string;
  readonly services: readonly DesiredService[];
}

const botPids = 512;

/** `folder` is the factory's absolute path, `project` the compose project it is rendered for. */
export function deriveDesired(factory: Factory, folder: string, project = factory.name): Desired {
  const layout = deriveLayout(factory, folder);
  const place = { layout, project, addresses: deriveAddresses(factory) };
  const bots = [...factory.bots].sort((a, b) => compare(serviceOf(a), serviceOf(b)));
  return {
    name: factory.name,
    services: [
      ...deriveForge(factory, layout),
      ...listUsedCis(factory).flatMap((ci) => ci.services(factory, place)),
      ...deriveEdge(factory, folder),
      ...deriveEgress(factory, folder),
      ...deriveDashboard(factory, layout, folder),
      ...bots.map((bot) => deriveBot(bot, factory, place)),
    ],
  };
}

function deriveBot(bot: Bot, factory: Factory, place: CiPlace): DesiredService {
  const service = serviceOf(bot);
  const { layout } = place;
  const folders = {
    repos: layout.locate(service, "/home/agent/repos"),
    data: layout.locate(service, "/home/agent/data"),
  };
  const { forgeUrl, healthPort } = layout;
  const mounts = deriveMounts(factory);
  const { owner } = engines[factory.engine];
  const proxy = place.addresses.proxy?.internal;
  const dashboard = place.addresses.dashboard?.internal;
  const about = { bot, factory, forgeUrl, folders, healthPort, proxy, dashboard };
  const isSeparated = owner !== undefined;
  const variables = deriveBotVariables({
    ...about,
    isSeparated,
    mounts: mounts.map(({ target }) => target),
  });
  const ci = deriveCiAccess(factory, place);
  return {
    name: service,
    kind: bot.declaredIn === "LLAMA_BOTS" ? "llama-bot" : "bot",
    container: deriveContainerName(factory.name, bot.name),
    image: deriveImage(bot, factory),
    entrypoint: [],
    args: ["agent", "run"],
    environment: { ...variables.environment, ...ci.environment },
    secrets: { ...variables.secrets, ...ci.secrets },
    volumes: deriveVolumes(bot.name).map(({ name, path }) => ({
      name,
      path: layout.locate(service, path),
      owner,
    })),
    mounts,
    ports: [],
    healthCheck:
      healthPort === undefined ? undefined : deriveProbe(`http://127.0.0.1:${healthPort}/healthz`),
    confinement: separating,
    limits: { memory: bot.memory, cpus: bot.cpus, pids: botPids },
    enabled: bot.enabled,
    origin: bot.origin,
  };
}

/** Its own, else that of the projects it works on, else the factory's. */
export function deriveImage(bot: Bot, { projects, images }: Factory): string {
  const own = projects.filter(({ name }) => bot.projects.includes(name));
  return bot.image ?? own.find(({ image }) => image !== undefined)?.image ?? images.agents;
}

/** What a bot needs to ask for the logs of its runs, of the CIs whose token is there. */
function deriveCiAccess({ projects, ci }: Factory, place: CiPlace) {
  const known = ci.hasToken
    .filter((name) => projects.some((project) => project.ci.provider === name))
    .flatMap((name): CiAccessKeys | readonly CiAccessKeys[] => ciProviders[name].access ?? []);
  return {
    environment: Object.fromEntries(known.map(({ urlKey, url }) => [urlKey, url(place)])),
    secrets: Object.fromEntries(known.map(({ tokenKey }) => [tokenKey, tokenKey])),
  };
}

/** The same for every bot; child processes reach the host's folders anyway. */
function deriveMounts(factory: Factory): readonly Mount[] {
  const { engine, shared } = factory;
  if (!engines[engine].runsImages) return [];
  const folders = [
    [shared.claude, shared.claude],
    [shared.ssh, "/home/agent/.ssh"],
    [shared.sops, "/home/agent/.config/sops/age"],
  ] as const;
  const mounts = folders.flatMap(([source, target]): readonly Mount[] =>
    source === undefined || target === undefined ? [] : [{ type: "bind", source, target }],
  );
  return [...mounts, ...listUsedCis(factory).flatMap((ci) => ci.mounts)];
}

function serviceOf(bot: Bot): string {
  return deriveServiceName(bot);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
