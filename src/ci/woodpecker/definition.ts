import type { Addresses } from "../../core/addresses.ts";
import type { Factory } from "../../core/factory.ts";
import { WOODPECKER_TOKEN_KEY } from "../../core/names.ts";
import { coreLimits, type DesiredService, deriveProbe } from "../../core/service.ts";
import { ports } from "../../core/service-ports.ts";
import { RUNNER_UID } from "../../core/uids.ts";
import type { CiDefinition } from "../definitions.ts";
import { deriveAccount } from "./account.ts";
import { applicationKeys } from "./oauth-application.ts";
import { gateVariables } from "./variables.ts";

export const woodpeckerCi: CiDefinition = {
  meaning: "Woodpecker runs them",
  needsImages: true,
  access: {
    urlKey: "WOODPECKER_URL",
    tokenKey: WOODPECKER_TOKEN_KEY,
    url: ({ addresses }) => addresses.woodpecker?.bot ?? "",
    isMade: false,
    connection: ({ ci }) => ({
      kind: "address",
      url: ci.url,
      tokenKeys: [gateVariables.accountToken, WOODPECKER_TOKEN_KEY],
    }),
  },
  /** For reading the logs of their runs. */
  mounts: [{ type: "volume", source: "woodpecker-data", target: "/woodpecker-data" }],
  stepsCaller: { container: () => "", isAlways: false },
  // A bot's branch is pushed, too.
  hearsOfWork: ["push", "pull_request", "pull_request_closed"],
  account: deriveAccount,
  hasPages: true,
  needsWebhook: true,
  services: (factory, { addresses, project }) => [
    describeServer(factory, addresses),
    describeAgent(factory, project),
    ...(factory.ci.hasGate ? [describeGate(factory, addresses)] : []),
  ],
};

type Common = Omit<DesiredService, "name" | "container" | "image">;

/** What these services have in common. */
function describeCommon(name: string): Common {
  return {
    kind: "core",
    entrypoint: [],
    args: [],
    environment: {},
    secrets: {},
    volumes: [],
    mounts: [],
    ports: [],
    healthCheck: undefined,
    limits: coreLimits,
    enabled: true,
    origin: `CI of the factory ${name}`,
  };
}

const folder = "/var/lib/woodpecker";

/** A writer waits for the others instead of failing, and takes its turn before it reads. */
const database = `${folder}/woodpecker.sqlite?_busy_timeout=30000&_journal_mode=WAL&_txlock=immediate`;

function describeServer(
  { name, ci, forge, images }: Factory,
  addresses: Addresses,
): DesiredService {
  return {
    ...describeCommon(name),
    name: "woodpecker",
    container: `${name}-woodpecker`,
    image: images.woodpecker,
    environment: {
      // Its own account, too: registration is closed to everybody else.
      WOODPECKER_ADMIN: [forge.adminUser, deriveAccount(name).login].join(","),
      WOODPECKER_DATABASE_DATASOURCE: database,
      WOODPECKER_DATABASE_DRIVER: "sqlite3",
      WOODPECKER_DISABLE_VERSION_CHECK: "true",
      WOODPECKER_FORGEJO: "true",
      // Browsers are sent there, so it has one address for them and for itself.
      WOODPECKER_FORGEJO_URL: addresses.forge.announced,
      WOODPECKER_HOST: addresses.woodpecker?.announced ?? ci.url,
      WOODPECKER_MAX_PIPELINE_TIMEOUT: "120",
      WOODPECKER_OPEN: "false",
      WOODPECKER_PLUGINS_PRIVILEGED: "",
    },
    secrets: {
      WOODPECKER_AGENT_SECRET: applicationKeys.agent,
      WOODPECKER_FORGEJO_CLIENT: applicationKeys.client,
      WOODPECKER_FORGEJO_SECRET: applicationKeys.secret,
    },
    volumes: [{ name: "woodpecker-data", path: folder }],
    // Bots have its volume mounted, and can become any user: its root is closed to every one of them, and to open it
    // all the same takes a capability that they never have.
    user: "0:0",
    confinement: { capabilities: ["DAC_OVERRIDE"], tmpSize: "64m" },
    // A forge that runs elsewhere is asked directly.
    networks: { outside: addresses.forge.internal === addresses.forge.announced, aliases: [] },
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
      // As it stands: gRPC's own resolver also asks for TXT records, which nobody answers on a network without a way out.
      WOODPECKER_SERVER: `passthrough:///woodpecker:${ports.woodpeckerRpc}`,
    },
    secrets: { WOODPECKER_AGENT_SECRET: applicationKeys.agent },
    mounts: [{ type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock" }],
  };
}

/** Woodpecker's own tokens do whatever their user may; this service hands on what bots need. */
function describeGate({ name, images }: Factory, addresses: Addresses): DesiredService {
  return {
    ...describeCommon(name),
    name: "woodpecker-gate",
    container: `${name}-woodpecker-gate`,
    image: images.agents,
    args: ["ci", "gate"],
    environment: { [gateVariables.url]: addresses.woodpecker?.internal ?? "" },
    secrets: {
      [gateVariables.botsToken]: WOODPECKER_TOKEN_KEY,
      [gateVariables.accountToken]: gateVariables.accountToken,
    },
    user: `${RUNNER_UID}:${RUNNER_UID}`,
    healthCheck: deriveProbe(`http://127.0.0.1:${ports.woodpeckerGate}/healthz`),
    confinement: { capabilities: [], tmpSize: "16m" },
    limits: { memory: "256m", cpus: 1, pids: 64 },
  };
}
