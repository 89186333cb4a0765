/** The one service that gets out for all, and by which operators get in. */
import { engines } from "../engines/definitions.ts";
import { listInbound, listOutsideNames } from "./addresses.ts";
import { EGRESS_FOLDER } from "./egress-lists.ts";
import type { Factory } from "./factory.ts";
import { type DesiredService, deriveProbe } from "./service.ts";
import { HOST_NAME, ports } from "./service-ports.ts";
import { RUNNER_UID } from "./uids.ts";

export const EGRESS_SERVICE = "egress";
const inside = "/home/agent/egress";

/** Nothing here names a bot or a model: those stand in the lists, which are read again and again. */
export function deriveEgress(factory: Factory, folder: string): readonly DesiredService[] {
  if (!engines[factory.engine].runsImages) return [];
  return [
    {
      name: EGRESS_SERVICE,
      kind: "core",
      container: `${factory.name}-${EGRESS_SERVICE}`,
      image: factory.images.agents,
      entrypoint: [],
      args: ["egress", "serve"],
      environment: { EGRESS_FOLDER: inside },
      secrets: {},
      volumes: [],
      mounts: [{ type: "bind", source: `${folder}/${EGRESS_FOLDER}`, target: inside }],
      ports: listInbound(factory).map(({ bind, published }) => {
        return { bind, published, target: published };
      }),
      networks: { outside: true, aliases: [HOST_NAME, ...listOutsideNames(factory)] },
      user: `${RUNNER_UID}:${RUNNER_UID}`,
      healthCheck: deriveProbe(`http://127.0.0.1:${ports.proxy}/healthz`),
      confinement: { capabilities: [], tmpSize: "16m" },
      limits: { memory: "256m", cpus: 1, pids: 64 },
      enabled: true,
      origin: "the way out, and the published ports",
    },
  ];
}
