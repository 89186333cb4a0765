import { ports } from "../../core/service-ports.ts";
import type { ForgeDefinition } from "../definitions.ts";

/** Forgejo's own image takes its settings from the environment and starts itself. */
export const forgejoForge: ForgeDefinition = {
  meaning: "Forgejo",
  label: "Forgejo, in a container",
  service: {
    image: () => "codeberg.org/forgejo/forgejo:11.0",
    isOwn: false,
    render: ({ told }) => ({
      entrypoint: [],
      args: [],
      environment: {
        FORGEJO__database__DB_TYPE: "sqlite3",
        FORGEJO__security__INSTALL_LOCK: "true",
        FORGEJO__server__HTTP_PORT: String(ports.forge),
        FORGEJO__server__ROOT_URL: `${told}/`,
        FORGEJO__service__DISABLE_REGISTRATION: "true",
        FORGEJO__webhook__ALLOWED_HOST_LIST: "private",
      },
      healthCheck: ["wget", "-q", "--spider", `http://127.0.0.1:${ports.forge}/api/healthz`],
    }),
  },
};
