import type { Addresses } from "../../core/addresses.ts";
import type { Factory } from "../../core/factory.ts";
import { WOODPECKER_TOKEN_KEY } from "../../core/names.ts";
import { coreLimits, type DesiredService } from "../../core/service.ts";
import { ports } from "../../core/service-ports.ts";
import type { CiDefinition } from "../definitions.ts";
import { applicationKeys } from "./oauth-application.ts";

export const woodpeckerCi: CiDefinition = {
  meaning: "Woodpecker runs them",
  needsImages: true,
  access: {
    urlKey: "WOODPECKER_URL",
    tokenKey: WOODPECKER_TOKEN_KEY,
    url: ({ addresses }) => addresses.woodpecker?.part ?? "",
    isMade: false,
  },
  /** For reading the logs of their runs. */
  mounts: [{ type: "volume", source: "woodpecker-data", target: "/woodpecker-data" }],
  stepsCaller: { container: () => "", isAlways: false },
  hasPages: true,
  needsWebhook: true,
  services: (factory, { addresses, project }) => [
    describeServer(factory, addresses),
    describeAgent(factory, project),
  ],
};

/** What the agent of Woodpecker and its server have in common. */
function describeCommon(name: string): Omit<DesiredService, "name" | "container" | "image"> {
  return {
    kind: "core",
    entrypoint: [],
    args: [],
    environment: {},
    secrets: { WOODPECKER_AGENT_SECRET: applicationKeys.agent },
    volumes: [],
    mounts: [],
    ports: [],
    healthCheck: undefined,
    limits: coreLimits,
    enabled: true,
    origin: `CI of the factory ${name}`,
  };
}

function describeServer(
  { name, ci, forge, images }: Factory,
  addresses: Addresses,
): DesiredService {
  const common = describeCommon(name);
  return {
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
      WOODPECKER_FORGEJO_CLIENT: applicationKeys.client,
      WOODPECKER_FORGEJO_SECRET: applicationKeys.secret,
    },
    volumes: [{ name: "woodpecker-data", path: "/var/lib/woodpecker" }],
    // A forge that runs elsewhere is asked directly.
    networks: { outside: addresses.forge.part === addresses.forge.told, aliases: [] },
  };
}

/** It alone has the engine's socket, neither privileged nor on the host's network. */
function describeAgent({ name, images }: Factory, project: string): DesiredService {
  return {
    ...describeCommon(name),
    name: "woodpecker-agent",
    container: `${name}-woodpecker-agent`,
    image: images.woodpeckerAgent,
    environment: {
      WOODPECKER_BACKEND_DOCKER_NETWORK: `${project}_bots`,
      WOODPECKER_GRPC_SECURE: "false",
      WOODPECKER_MAX_WORKFLOWS: "2",
      WOODPECKER_SERVER: `woodpecker:${ports.woodpeckerRpc}`,
    },
    mounts: [{ type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock" }],
  };
}
