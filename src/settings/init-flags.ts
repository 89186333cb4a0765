/** The flags of `init` that answer for a key of `.env`. */
export const initFlags: Readonly<Record<string, string>> = {
  DISINTO_ENGINE: "--engine",
  DISINTO_FORGE: "--forge",
  FORGE_URL: "--forge-url",
  DISINTO_FORGE_PORT: "--forge-port",
  FORGE_ADMIN_USER: "--admin",
  DISINTO_OWNER: "--owner",
  LLAMA_BOTS: "--bots",
  LLAMA_BASE_URL: "--local-model",
  LLAMA_MODEL: "--model",
};
