/** Every variable of `.env` that disinto reads: the reference, and what "did you mean" knows. */

export interface EnvironmentKey {
  readonly key: string;
  /** What it may hold, for people. */
  readonly type: string;
  /** The default; undefined if the variable is optional. */
  readonly fallback?: string;
  readonly meaning: string;
}

export const environmentKeys: readonly EnvironmentKey[] = [
  {
    key: "LLAMA_BOTS",
    type: "bot names, with spaces or commas between them",
    meaning:
      "Bots with the role `dev` on every project, on the backend that the LLAMA_ variables describe. Set but empty: none",
  },
  {
    key: "ENABLE_LLAMA_AGENT",
    type: "0 or 1",
    fallback: "0",
    meaning: "1 with LLAMA_BOTS unset: one bot, `dev-qwen`",
  },
  {
    key: "LLAMA_BASE_URL",
    type: "URL",
    meaning: "Base URL of the model's API (older name: ANTHROPIC_BASE_URL)",
  },
  {
    key: "LLAMA_MODEL",
    type: "text",
    fallback: "default",
    meaning: "Model name; llama-server ignores it (older name: CLAUDE_MODEL)",
  },
  {
    key: "LLAMA_API_KEY",
    type: "secret",
    meaning: "The backend's key (older name: ANTHROPIC_API_KEY)",
  },
  {
    key: "LLAMA_SLOTS",
    type: "whole number",
    meaning: "Requests that the backend takes at once; without it as many as there are bots",
  },
  {
    key: "DISINTO_NAME",
    type: "name, at most 15 characters",
    fallback: "disinto",
    meaning: "Prefix of container names, and the compose project of a new installation",
  },
  {
    key: "DISINTO_ENGINE",
    type: "compose or local",
    fallback: "compose",
    meaning: "What runs the services: Docker Compose, or child processes for trying it out",
  },
  {
    key: "DISINTO_BIND",
    type: "address",
    fallback: "127.0.0.1",
    meaning: "Host address on which services are published",
  },
  {
    key: "DISINTO_FORGE_PORT",
    type: "port",
    fallback: "3000",
    meaning: "Host port of the forge",
  },
  {
    key: "DISINTO_FORGE",
    type: "embedded, forgejo or external",
    fallback: "embedded",
    meaning:
      "The forge: disinto's own small forge for trying it out, Forgejo, or one that runs elsewhere at FORGE_URL",
  },
  {
    key: "FORGE_URL",
    type: "URL",
    fallback: "http://DISINTO_BIND:DISINTO_FORGE_PORT",
    meaning: "Your address of the forge; bots use the service's",
  },
  {
    key: "FORGE_ADMIN_USER",
    type: "user name",
    fallback: "disinto-admin",
    meaning: "The forge's administrator, used by disinto init only",
  },
  {
    key: "DISINTO_IMAGE_TAG",
    type: "tag",
    fallback: "this version",
    meaning: "Tag of disinto's own images",
  },
  {
    key: "DISINTO_IMAGE_AGENTS",
    type: "image reference",
    fallback: "disinto-agents:TAG",
    meaning: "Image of the bots",
  },
  {
    key: "DISINTO_IMAGE_FORGEJO",
    type: "image reference",
    fallback: "disinto-forge:TAG, or codeberg.org/forgejo/forgejo:11.0",
    meaning: "Image of the forge",
  },
  {
    key: "DISINTO_IMAGE_WOODPECKER",
    type: "image reference",
    fallback: "woodpeckerci/woodpecker-server:v3",
    meaning: "Image of Woodpecker's server",
  },
  {
    key: "DISINTO_IMAGE_WOODPECKER_AGENT",
    type: "image reference",
    fallback: "woodpeckerci/woodpecker-agent:v3",
    meaning: "Image of Woodpecker's agent",
  },
  {
    key: "DISINTO_IMAGE_EDGE",
    type: "image reference",
    fallback: "caddy:2",
    meaning: "Image of the edge",
  },
  {
    key: "DISINTO_CI_PORT",
    type: "port",
    fallback: "8000",
    meaning: "Host port of Woodpecker, where a project uses it",
  },
  {
    key: "WOODPECKER_HOST",
    type: "URL",
    fallback: "http://DISINTO_BIND:DISINTO_CI_PORT",
    meaning: "Your address of Woodpecker",
  },
  {
    key: "WOODPECKER_TOKEN",
    type: "secret",
    meaning:
      "Personal access token of Woodpecker, with which bots read their runs' logs and restart them",
  },
  {
    key: "CI_TOKEN",
    type: "secret",
    meaning: "The same for the local CI; written by disinto init",
  },
  {
    key: "DISINTO_HTTP_PORT",
    type: "port",
    meaning: "Host port of the edge for HTTP; without this and the next one there is no edge",
  },
  {
    key: "DISINTO_HTTPS_PORT",
    type: "port",
    meaning: "Host port of the edge for HTTPS",
  },
  {
    key: "DISINTO_DOMAIN",
    type: "domain name",
    meaning: "With it the edge serves forge.DOMAIN and ci.DOMAIN, without it the forge alone",
  },
  {
    key: "DISINTO_LEASE_TERM",
    type: "seconds, 3 or more",
    fallback: "900",
    meaning:
      "How long a bot that does not answer keeps its issue before another bot takes it over. For tests; the same for all bots, and short terms load the forge",
  },
  {
    key: "DISINTO_STATUS_TOKEN",
    type: "secret",
    meaning:
      "With it each bot answers /status on port 8080 inside the network, to who sends it as a bearer token; without it there is no /status",
  },
  {
    key: "CLAUDE_SHARED_DIR",
    type: "absolute path",
    meaning:
      'Folder with Claude\'s login (`.credentials.json`), mounted read-only at the same path into every bot. A bot with `claude-code`, `base_url = "https://api.anthropic.com"` and no key works with it',
  },
  {
    key: "AGENT_SSH_DIR",
    type: "absolute path",
    meaning: "Folder mounted read-only at /home/agent/.ssh into every bot",
  },
  {
    key: "SOPS_AGE_DIR",
    type: "absolute path",
    meaning: "Folder mounted read-only at /home/agent/.config/sops/age into every bot",
  },
  {
    key: "FORGE_ADMIN_PASS",
    type: "secret",
    meaning: "The administrator's password; written by disinto init where the forge is ours",
  },
  {
    key: "WP_FORGEJO_CLIENT",
    type: "text",
    meaning: "Woodpecker's OAuth application on the forge; written by disinto init",
  },
  {
    key: "WP_FORGEJO_SECRET",
    type: "secret",
    meaning: "The secret of that application; written by disinto init",
  },
  {
    key: "WOODPECKER_AGENT_SECRET",
    type: "secret",
    meaning: "What Woodpecker's agent proves itself with; written by disinto init",
  },
  {
    key: "FORGE_TOKEN_<NAME>",
    type: "secret",
    meaning: "Token of a bot, its name in upper case with `_` for `-`; written by disinto init",
  },
  {
    key: "FORGE_PASS_<NAME>",
    type: "secret",
    meaning: "Password of a bot; written by disinto init",
  },
];
