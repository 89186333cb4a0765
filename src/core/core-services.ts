/** The services beside the bots: forge, CI, edge. What runs outside is not rendered. */
import { deriveAddresses, ports, usesWoodpecker } from "./addresses.ts";
import { renderCaddyfile } from "./caddyfile.ts";
import type { Factory } from "./factory.ts";
import type { Layout } from "./layout.ts";
import { CI_LOGIN, CI_TOKEN_KEY, deriveCredentialKeys, WOODPECKER_TOKEN_KEY } from "./names.ts";
import { formatProjects } from "./project-task.ts";
import type { Confinement, DesiredService, Mount } from "./service.ts";
import { RUNNER_UID } from "./uids.ts";

/** Of what runs strangers' code: to become who runs it. */
export const separating: Confinement = { capabilities: ["SETUID", "SETGID"], tmpSize: "1g" };

/** Of the volumes of what is confined so. */
export function ownerOf({ engine }: Factory): number | undefined {
  return engine === "compose" ? RUNNER_UID : undefined;
}

const coreLimits = { memory: "2g", cpus: 2, pids: 512 };

export function deriveForge(factory: Factory, layout: Layout): readonly DesiredService[] {
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
      ? { ...common, ...runForgejo(deriveAddresses(factory).forge.told) }
      : { ...common, ...runEmbedded(layout, data) },
  ];
}

/** Forgejo's own image takes its settings from the environment and starts itself. */
function runForgejo(url: string) {
  return {
    entrypoint: [],
    args: [],
    environment: {
      FORGEJO__database__DB_TYPE: "sqlite3",
      FORGEJO__security__INSTALL_LOCK: "true",
      FORGEJO__server__HTTP_PORT: String(ports.forge),
      FORGEJO__server__ROOT_URL: `${url}/`,
      FORGEJO__service__DISABLE_REGISTRATION: "true",
      FORGEJO__webhook__ALLOWED_HOST_LIST: "private",
    },
    healthCheck: ["wget", "-q", "--spider", `http://127.0.0.1:${ports.forge}/api/healthz`],
    confinement: undefined,
  };
}

function runEmbedded({ bind, forgePort }: Layout, data: string) {
  const port = String(forgePort);
  return {
    entrypoint: ["forge"],
    args: ["serve", "--bind", bind, "--port", port, "--folder", data],
    environment: {},
    healthCheck: deriveProbe(`http://127.0.0.1:${port}/api/healthz`),
    confinement: { capabilities: [], tmpSize: "1g" },
  };
}

/** Our own images have no other client than node. */
export function deriveProbe(url: string): readonly string[] {
  const program = `fetch("${url}").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
  return ["node", "-e", program];
}

export function deriveLocalCi(factory: Factory, layout: Layout): readonly DesiredService[] {
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
        CI_BIND: layout.bind,
        CI_DATA: data,
        CI_PORT: String(layout.ciPort),
        CI_PROJECTS: formatProjects(projects),
        ...(factory.engine === "compose" && { CI_USERS: "separate" }),
        FORGE_URL: layout.forgeUrl,
      },
      secrets: {
        FORGE_TOKEN: deriveCredentialKeys(CI_LOGIN).token,
        ...(factory.ci.tokens.local && { CI_TOKEN: CI_TOKEN_KEY }),
      },
      volumes: [{ name: "ci-data", path: data, owner: ownerOf(factory) }],
      mounts: [],
      ports: [],
      healthCheck: undefined,
      confinement: separating,
      limits: coreLimits,
      enabled: true,
      origin: `CI of project ${first.name}`,
    },
  ];
}

/** What the agent of Woodpecker and its server have in common. */
function describeWoodpecker(name: string): Omit<DesiredService, "name" | "container" | "image"> {
  return {
    kind: "core",
    entrypoint: [],
    args: [],
    environment: {},
    secrets: { WOODPECKER_AGENT_SECRET: "WOODPECKER_AGENT_SECRET" },
    volumes: [],
    mounts: [],
    ports: [],
    healthCheck: undefined,
    confinement: undefined,
    limits: coreLimits,
    enabled: true,
    origin: `CI of the factory ${name}`,
  };
}

/** Server and agent; the agent alone has the engine's socket, neither privileged nor on the host's network. */
export function deriveWoodpecker(factory: Factory, project: string): readonly DesiredService[] {
  if (!usesWoodpecker(factory)) return [];
  const { name, ci, forge, images } = factory;
  const addresses = deriveAddresses(factory);
  const common = describeWoodpecker(name);
  return [
    {
      ...common,
      name: "woodpecker",
      container: `${name}-woodpecker`,
      image: images.woodpecker,
      environment: {
        WOODPECKER_ADMIN: forge.adminUser,
        WOODPECKER_DATABASE_DATASOURCE: "/var/lib/woodpecker/woodpecker.sqlite",
        WOODPECKER_DATABASE_DRIVER: "sqlite3",
        WOODPECKER_EXPERT_FORGE_OAUTH_HOST: addresses.forge.told,
        WOODPECKER_FORGEJO: "true",
        WOODPECKER_FORGEJO_URL: addresses.forge.part,
        WOODPECKER_HOST: addresses.woodpecker?.told ?? ci.url,
        WOODPECKER_OPEN: "false",
      },
      secrets: {
        ...common.secrets,
        WOODPECKER_FORGEJO_CLIENT: "WP_FORGEJO_CLIENT",
        WOODPECKER_FORGEJO_SECRET: "WP_FORGEJO_SECRET",
      },
      volumes: [{ name: "woodpecker-data", path: "/var/lib/woodpecker" }],
      ports: [{ bind: forge.bind, published: ci.port, target: ports.woodpecker }],
    },
    {
      ...common,
      name: "woodpecker-agent",
      container: `${name}-woodpecker-agent`,
      image: images.woodpeckerAgent,
      environment: {
        WOODPECKER_BACKEND_DOCKER_NETWORK: `${project}_disinto-net`,
        WOODPECKER_GRPC_SECURE: "false",
        WOODPECKER_MAX_WORKFLOWS: "2",
        WOODPECKER_SERVER: `woodpecker:${ports.woodpeckerRpc}`,
      },
      mounts: [{ type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock" }],
    },
  ];
}

/** What a bot needs to ask for the logs of its runs, of the CIs whose token is there. */
export function deriveCiAccess(factory: Factory, { ciUrl }: Layout) {
  const { projects, ci } = factory;
  const local = ci.tokens.local && projects.some((one) => one.ci.provider === "local");
  const woodpecker = ci.tokens.woodpecker && deriveAddresses(factory).woodpecker;
  return {
    environment: {
      ...(local && { CI_URL: ciUrl }),
      ...(woodpecker && { WOODPECKER_URL: woodpecker.part }),
    },
    secrets: {
      ...(local && { CI_TOKEN: CI_TOKEN_KEY }),
      ...(woodpecker && { WOODPECKER_TOKEN: WOODPECKER_TOKEN_KEY }),
    },
  };
}

/** Mounted into every bot, for reading the logs of its runs. */
export function deriveWoodpeckerMounts(factory: Factory): readonly Mount[] {
  if (!usesWoodpecker(factory)) return [];
  return [{ type: "volume", source: "woodpecker-data", target: "/woodpecker-data" }];
}

/** Caddy before the forge and the CI, where a port for it is set. */
export function deriveEdge(factory: Factory, folder: string): readonly DesiredService[] {
  const caddyfile = renderCaddyfile(factory);
  const { name, edge, forge, images } = factory;
  if (!edge || caddyfile === undefined) return [];
  const published = [
    [edge.httpPort, 80],
    [edge.httpsPort, 443],
  ] as const;
  return [
    {
      name: "edge",
      kind: "core",
      container: `${name}-edge`,
      image: images.edge,
      entrypoint: [],
      args: [],
      environment: { CADDYFILE_DIGEST: digest(caddyfile) },
      secrets: {},
      volumes: [{ name: "caddy_data", path: "/data" }],
      mounts: [{ type: "bind", source: `${folder}/Caddyfile`, target: "/etc/caddy/Caddyfile" }],
      ports: published.flatMap(([port, target]) =>
        port === undefined ? [] : [{ bind: forge.bind, published: port, target }],
      ),
      healthCheck: ["wget", "-q", "--spider", "http://127.0.0.1:2019/config/"],
      confinement: undefined,
      limits: coreLimits,
      enabled: true,
      origin: "DISINTO_HTTP_PORT or DISINTO_HTTPS_PORT",
    },
  ];
}

/** FNV-1a: a mounted file's change replaces its container only if something in the rendering changes too. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
