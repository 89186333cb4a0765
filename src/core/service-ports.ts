/** Where the factory's services listen inside their containers; core/addresses.ts alone joins a name and a port. */

/** The same whatever is published. */
export const ports = {
  forge: 3000,
  ci: 8000,
  woodpecker: 8000,
  woodpeckerRpc: 9000,
  woodpeckerGate: 8001,
  dashboard: 3080,
  /** The port of each bot's /healthz, /metrics and /status. */
  health: 8080,
  /** The port of the egress service's proxy. */
  proxy: 3128,
} as const;

/** The name of the host that runs the containers, as containers say it. */
export const HOST_NAME = "host.docker.internal";

/** Names inside the factory's network. */
export const internalHosts: readonly string[] = [
  HOST_NAME,
  "forgejo",
  "ci",
  "woodpecker",
  "woodpecker-gate",
  "dashboard",
  "egress",
];
