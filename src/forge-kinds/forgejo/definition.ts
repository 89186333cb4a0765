import type { ForgeDefinition } from "../definitions.ts";
import { FORGE_HOST, FORGE_PORT } from "../service.ts";

/** Forgejo's own image takes its settings from the environment and starts itself. */
export const forgejoForge: ForgeDefinition = {
  meaning: "Forgejo",
  label: "Forgejo, in a container",
  hasPages: true,
  service: {
    url: `http://${FORGE_HOST}`,
    image: () => "codeberg.org/forgejo/forgejo:11.0",
    isOwn: false,
    render: ({ url }) => ({
      entrypoint: [],
      args: [],
      environment: {
        FORGEJO__database__DB_TYPE: "sqlite3",
        FORGEJO__security__INSTALL_LOCK: "true",
        FORGEJO__server__HTTP_PORT: String(FORGE_PORT),
        FORGEJO__server__ROOT_URL: `${url}/`,
        FORGEJO__service__DISABLE_REGISTRATION: "true",
        FORGEJO__webhook__ALLOWED_HOST_LIST: "private",
      },
      healthCheck: ["wget", "-q", "--spider", `http://127.0.0.1:${FORGE_PORT}/api/healthz`],
    }),
  },
};
