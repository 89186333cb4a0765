/** Factory → the services that should exist, as values. Engines only render and run what stands here. */
import { deriveBotEnvironment } from "./bot-environment.ts";
import type { Bot, Factory } from "./factory.ts";
import {
  deriveContainerName,
  deriveCredentialKeys,
  deriveServiceName,
  deriveVolumes,
} from "./names.ts";

export interface Desired {
  /** DISINTO_NAME, and the value of the label `disinto.factory`. */
  readonly name: string;
  readonly services: readonly DesiredService[];
}

export interface DesiredService {
  readonly name: string;
  readonly kind: "llama-bot" | "bot" | "core";
  readonly container: string;
  readonly image: string;
  /** What the image's entrypoint already says of the disinto command line. */
  readonly entrypoint: readonly string[];
  /** The rest of the disinto command line. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Variable in the container → variable in `.env` that holds its value. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly volumes: readonly Volume[];
  readonly mounts: readonly Mount[];
  readonly ports: readonly Port[];
  readonly healthCheck: readonly string[] | undefined;
  readonly limits: { readonly memory: string; readonly cpus: number; readonly pids: number };
  /** False: declared, keeps its volumes, and nothing of it runs. */
  readonly enabled: boolean;
  /** Why it exists, for people. */
  readonly origin: string;
}

interface Volume {
  readonly name: string;
  readonly path: string;
}

/** A host folder, read-only inside. */
interface Mount {
  readonly source: string;
  readonly target: string;
}

interface Port {
  readonly bind: string;
  readonly published: number;
  readonly target: number;
}

/** How an engine addresses what it runs. */
interface Layout {
  readonly forgeUrl: string;
  readonly bind: string;
  readonly forgePort: number;
  /** The folder that a path inside the service's container is on this engine. */
  readonly locate: (service: string, path: string) => string;
}

const containerForgePort = 3000;
const botPids = 512;
const coreLimits = { memory: "2g", cpus: 2, pids: 512 };

/** `folder` is the factory's absolute path; only the local engine's paths depend on it. */
export function deriveDesired(factory: Factory, folder: string): Desired {
  const layout = deriveLayout(factory, folder);
  const bots = [...factory.bots].sort((a, b) => compare(serviceOf(a), serviceOf(b)));
  return {
    name: factory.name,
    services: [
      ...deriveForge(factory, layout),
      ...deriveCi(factory, layout),
      ...bots.map((bot) => deriveBot(bot, factory, layout)),
    ],
  };
}

function deriveLayout({ engine, forge }: Factory, folder: string): Layout {
  if (engine === "local") {
    const locate = (service: string, path: string) =>
      `${folder}/.disinto/local/${service}/${path.split("/").at(-1)}`;
    return { forgeUrl: forge.url, bind: forge.bind, forgePort: forge.port, locate };
  }
  return {
    forgeUrl: forge.kind === "external" ? forge.url : `http://forgejo:${containerForgePort}`,
    bind: "0.0.0.0",
    forgePort: containerForgePort,
    locate: (_service, path) => path,
  };
}

function deriveForge(factory: Factory, layout: Layout): readonly DesiredService[] {
  const { name, forge, images } = factory;
  if (forge.kind === "external") return [];
  const data = layout.locate("forgejo", "/data");
  const common = {
    name: "forgejo",
    kind: "core" as const,
    container: `${name}-forgejo`,
    image: images.forgejo,
    secrets: {},
    volumes: [{ name: "forgejo-data", path: data }],
    mounts: [],
    ports: [{ bind: forge.bind, published: forge.port, target: layout.forgePort }],
    limits: coreLimits,
    enabled: true,
    origin: "the factory's forge",
  };
  return [
    forge.kind === "forgejo"
      ? { ...common, ...runForgejo(forge) }
      : { ...common, ...runEmbedded(layout, data) },
  ];
}

/** Forgejo's own image takes its settings from the environment and starts itself. */
function runForgejo({ url }: Factory["forge"]) {
  return {
    entrypoint: [],
    args: [],
    environment: {
      FORGEJO__database__DB_TYPE: "sqlite3",
      FORGEJO__security__INSTALL_LOCK: "true",
      FORGEJO__server__HTTP_PORT: String(containerForgePort),
      FORGEJO__server__ROOT_URL: `${url}/`,
      FORGEJO__service__DISABLE_REGISTRATION: "true",
      FORGEJO__webhook__ALLOWED_HOST_LIST: "private",
    },
    healthCheck: ["wget", "-q", "--spider", `http://127.0.0.1:${containerForgePort}/api/healthz`],
  };
}

function runEmbedded({ bind, forgePort }: Layout, data: string) {
  const port = String(forgePort);
  return {
    entrypoint: ["forge"],
    args: ["serve", "--bind", bind, "--port", port, "--folder", data],
    environment: {},
    healthCheck: ["node", "-e", probe(`http://127.0.0.1:${port}/api/healthz`)],
  };
}

function probe(url: string): string {
  return `fetch("${url}").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
}

function deriveCi(factory: Factory, layout: Layout): readonly DesiredService[] {
  const projects = factory.projects.filter(({ ci }) => ci.provider === "local");
  const [first] = projects;
  if (!first) return [];
  const data = layout.locate("ci", "/home/agent/data");
  return [
    {
      name: "ci",
      kind: "core",
      container: `${factory.name}-ci`,
      image: factory.images.agents,
      entrypoint: [],
      args: ["ci", "serve"],
      environment: {
        CI_DATA: data,
        CI_PROJECTS: JSON.stringify(projects),
        FORGE_URL: layout.forgeUrl,
      },
      secrets: { FORGE_TOKEN: deriveCredentialKeys("ci").token },
      volumes: [{ name: "ci-data", path: data }],
      mounts: [],
      ports: [],
      healthCheck: undefined,
      limits: coreLimits,
      enabled: true,
      origin: `CI of project ${first.name}`,
    },
  ];
}

function deriveBot(bot: Bot, factory: Factory, layout: Layout): DesiredService {
  const service = serviceOf(bot);
  const [repos, data] = [
    layout.locate(service, "/home/agent/repos"),
    layout.locate(service, "/home/agent/data"),
  ];
  const credentials = deriveCredentialKeys(bot.name);
  return {
    name: service,
    kind: bot.declaredIn === "LLAMA_BOTS" ? "llama-bot" : "bot",
    container: deriveContainerName(factory.name, bot.name),
    image: bot.image ?? factory.images.agents,
    entrypoint: [],
    args: ["agent", "run"],
    environment: {
      ...deriveBotEnvironment(bot, factory.projects, layout.forgeUrl),
      AGENT_DATA: data,
      AGENT_REPOS: repos,
    },
    secrets: {
      FORGE_TOKEN: credentials.token,
      FORGE_PASS: credentials.password,
      ...(bot.apiKeyEnv !== undefined && { ANTHROPIC_API_KEY: bot.apiKeyEnv }),
    },
    volumes: deriveVolumes(bot.name).map(({ name, path }) => ({
      name,
      path: layout.locate(service, path),
    })),
    mounts: deriveMounts(factory),
    ports: [],
    healthCheck: undefined,
    limits: { memory: bot.memory, cpus: bot.cpus, pids: botPids },
    enabled: bot.enabled,
    origin: bot.origin,
  };
}

/** The same for every bot; child processes reach the host's folders anyway. */
function deriveMounts({ engine, shared }: Factory): readonly Mount[] {
  if (engine === "local") return [];
  return [
    ...(shared.claude ? [{ source: shared.claude, target: shared.claude }] : []),
    ...(shared.ssh ? [{ source: shared.ssh, target: "/home/agent/.ssh" }] : []),
    ...(shared.sops ? [{ source: shared.sops, target: "/home/agent/.config/sops/age" }] : []),
  ];
}

function serviceOf(bot: Bot): string {
  return deriveServiceName(bot);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
