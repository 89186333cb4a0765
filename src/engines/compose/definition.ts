import { HOST_NAME, ports } from "../../core/service-ports.ts";
import { RUNNER_UID } from "../../core/uids.ts";
import type { EngineDefinition } from "../definitions.ts";

export const composeEngine: EngineDefinition = {
  meaning: "Docker Compose",
  label: "Docker Compose",
  runsImages: true,
  owner: RUNNER_UID,
  hostAddress: HOST_NAME,
  /** Inside containers, paths are as the services name them. */
  layout: () => ({
    bind: "0.0.0.0",
    forgePort: ports.forge,
    healthPort: ports.health,
    ciPort: ports.ci,
    locate: (_service, path) => path,
  }),
};
