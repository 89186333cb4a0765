import { deriveProbe } from "../../core/service.ts";
import type { ForgeDefinition } from "../definitions.ts";
import { FORGE_HOST } from "../service.ts";

export const embeddedForge: ForgeDefinition = {
  meaning: "disinto's own small one for trying it out",
  label: "disinto's own small one",
  hint: (port) => `port ${port}`,
  hasPages: false,
  service: {
    url: `http://${FORGE_HOST}`,
    image: (tag) => `disinto-forge:${tag}`,
    isOwn: true,
    render: (_forge, { bind, forgePort }, data) => {
      const port = String(forgePort);
      return {
        entrypoint: ["forge"],
        args: ["serve", "--bind", bind, "--port", port, "--folder", data],
        environment: {},
        healthCheck: deriveProbe(`http://127.0.0.1:${port}/api/healthz`),
      };
    },
  },
};
