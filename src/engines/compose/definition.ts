import { forgeKinds } from "../../forge-kinds/definitions.ts";
import { FORGE_PORT } from "../../forge-kinds/service.ts";
import type { EngineDefinition } from "../definitions.ts";

const healthPort = 8080;
const ciPort = 8000;

/** Inside containers, paths are as the services name them, and a service's name is its host. */
export const composeEngine: EngineDefinition = {
  meaning: "Docker Compose",
  label: "Docker Compose",
  runsImages: true,
  hostAddress: "host.docker.internal",
  layout: ({ forge }) => ({
    forgeUrl: forgeKinds[forge.kind].service?.url ?? forge.url,
    bind: "0.0.0.0",
    forgePort: FORGE_PORT,
    healthPort,
    ciUrl: `http://ci:${ciPort}`,
    ciPort,
    locate: (_service, path) => path,
  }),
};
