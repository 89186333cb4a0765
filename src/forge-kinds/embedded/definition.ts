import { deriveProbe } from "../../core/service.ts";
import type { ForgeDefinition } from "../definitions.ts";

export const embeddedForge: ForgeDefinition = {
  meaning: "disinto's own small forge for trying it out",
  label: "disinto's own small forge",
  hint: (port) => `port ${port}`,
  service: {
    image: (tag) => `disinto-forge:${tag}`,
    isOwn: true,
    folder: () => "/data",
    render: ({ layout: { bind, forgePort }, data }) => {
      const port = String(forgePort);
      return {
        entrypoint: ["forge"],
        args: ["serve", "--bind", bind, "--port", port, "--folder", data],
        environment: {},
        confinement: { capabilities: [], tmpSize: "1g" },
        healthCheck: deriveProbe(`http://127.0.0.1:${port}/api/healthz`),
      };
    },
  },
};
