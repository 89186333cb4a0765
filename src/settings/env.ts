/** Every variable of `.env` that disinto reads, declared once: reading, the reference and "did you mean" follow. */
import { DEFAULT_ENGINE, engines } from "../engines/definitions.ts";
import { DEFAULT_FORGE, forgeKinds } from "../forge-kinds/definitions.ts";
import { FORGEJO_IMAGE } from "../forge-kinds/forgejo/definition.ts";
import { type Budget, parseBudget } from "./budget.ts";
import { dashboardEnv } from "./env-dashboard.ts";
import {
  certificateAuthority,
  domainName,
  factoryName,
  httpUrl,
  userName,
} from "./env-patterns.ts";
import {
  choice,
  folder,
  image,
  integer,
  parsed,
  pattern,
  port,
  type Setting,
  secret,
  text,
} from "./setting.ts";

/** A renewal takes a third of it at most, and takes as long as a push does. */
const MIN_LEASE_TERM_S = 3;

const leaseTerm = {
  least: MIN_LEASE_TERM_S,
  most: 999_999,
  refusal: (shown: string) => ({
    message: `${shown} must be an integer of at least ${MIN_LEASE_TERM_S} seconds`,
    hint: "remove the line: the default of 900 suits normal use",
  }),
};

const slots = {
  least: 1,
  most: 999_999,
  refusal: (shown: string) => ({
    message: `${shown} must be a positive integer`,
    hint: "write how many requests the model server takes at once, or remove the line",
  }),
};

export const env = {
  llamaBots: text("bot names, with spaces or commas between them", {
    key: "LLAMA_BOTS",
    meaning:
      "Bots with the role `dev` on every project, on the backend that the LLAMA_ variables describe. Set but empty: none",
  }),
  enableLlamaAgent: text("0 or 1", {
    key: "ENABLE_LLAMA_AGENT",
    fallback: "0",
    meaning: "1 with LLAMA_BOTS unset: one bot, `dev-qwen`",
  }),
  llamaBaseUrl: text("URL", {
    key: "LLAMA_BASE_URL",
    readBy: "commands, bots",
    older: "ANTHROPIC_BASE_URL",
    meaning: "Base URL of the model's API",
  }),
  llamaModel: text("text", {
    key: "LLAMA_MODEL",
    readBy: "commands, bots",
    fallback: "default",
    older: "CLAUDE_MODEL",
    meaning: "Model name; llama-server ignores it",
  }),
  llamaApiKey: secret({
    key: "LLAMA_API_KEY",
    readBy: "bots",
    older: "ANTHROPIC_API_KEY",
    meaning: "The backend's key",
  }),
  llamaSlots: integer("positive integer", slots, {
    key: "LLAMA_SLOTS",
    readBy: "commands, bots",
    meaning:
      "Requests that the backend takes at once; without it what llama-server says itself (`/props`), else no limit",
  }),
  name: pattern("name, at most 15 characters", factoryName, {
    key: "DISINTO_NAME",
    fallback: "disinto",
    meaning: "Prefix of container names, and the compose project of a new installation",
  }),
  factoryId: text("text", {
    key: "DISINTO_FACTORY_ID",
    meaning:
      "What says on the forge whose the accounts of bots and CI are (docs/security.md); written by disinto init, and never changed",
  }),
  owner: pattern("user name", userName, {
    key: "DISINTO_OWNER",
    meaning:
      "The person who owns the factory: a user on the forge who maintains every project, files issues and pushes; disinto init makes the account in a new factory",
  }),
  ownerPassword: secret({
    key: "FORGE_OWNER_PASS",
    meaning: "The owner's password on the forge, as disinto init made it",
  }),
  ownerToken: secret({
    key: "FORGE_OWNER_TOKEN",
    meaning: "The owner's token on the forge: for git's credential helper and disinto issue new",
  }),
  ciLogin: text("user name", {
    key: "DISINTO_CI_LOGIN",
    fallback: "ci",
    meaning:
      "Forge user of the local CI; disinto init gives it the factory's name in a new factory",
  }),
  engine: choice(engines, {
    key: "DISINTO_ENGINE",
    fallback: DEFAULT_ENGINE,
    meaning: "What runs the services: Docker Compose, or child processes for trying it out",
  }),
  bind: text("address", {
    key: "DISINTO_BIND",
    fallback: "127.0.0.1",
    meaning: "Host address on which services are published",
  }),
  forgePort: port({
    key: "DISINTO_FORGE_PORT",
    fallback: "3000",
    meaning: "Host port of the forge",
  }),
  forgeSshPort: port({
    key: "DISINTO_FORGE_SSH_PORT",
    meaning: "Host port for git over SSH on our Forgejo; without it SSH is off",
  }),
  forge: choice(forgeKinds, {
    key: "DISINTO_FORGE",
    fallback: DEFAULT_FORGE,
    meaning:
      "The forge: disinto's own small forge for trying it out, Forgejo, or one that runs elsewhere at FORGE_URL. `disinto init` writes it into a new factory: `forgejo` with Docker, `external` with an address",
  }),
  forgeUrl: pattern("URL", httpUrl, {
    key: "FORGE_URL",
    readBy: "commands, the forge",
    fallback: "http://DISINTO_BIND:DISINTO_FORGE_PORT",
    meaning: "Your address of the forge; bots use the service's",
  }),
  forgeAdminUser: text("user name", {
    key: "FORGE_ADMIN_USER",
    fallback: "disinto-admin",
    meaning:
      "The forge's administrator, with whom the operator's commands sign in; it owns the factory's own repository",
  }),
  imageTag: text("tag", {
    key: "DISINTO_IMAGE_TAG",
    fallback: "this version",
    meaning: "Tag of disinto's own images",
  }),
  imageAgents: image({
    key: "DISINTO_IMAGE_AGENTS",
    fallback: "disinto-agents:TAG",
    meaning: "Image of the bots",
  }),
  imageForgejo: image({
    key: "DISINTO_IMAGE_FORGEJO",
    fallback: `disinto-forge:TAG, or ${FORGEJO_IMAGE}`,
    meaning:
      "Image of the forge; written by disinto init where it is Forgejo's. A tag that ends in `-rootless` is taken for Forgejo's rootless variant",
  }),
  imageWoodpecker: image({
    key: "DISINTO_IMAGE_WOODPECKER",
    fallback: "woodpeckerci/woodpecker-server:v3.14.1",
    meaning: "Image of Woodpecker's server",
  }),
  imageWoodpeckerAgent: image({
    key: "DISINTO_IMAGE_WOODPECKER_AGENT",
    fallback: "woodpeckerci/woodpecker-agent:v3.14.1",
    meaning: "Image of Woodpecker's agent",
  }),
  imageEdge: image({
    key: "DISINTO_IMAGE_EDGE",
    fallback: "caddy:2.10.2",
    meaning: "Image of the edge",
  }),
  ciPort: port({
    key: "DISINTO_CI_PORT",
    fallback: "8000",
    meaning: "Host port of Woodpecker, where a project uses it",
  }),
  woodpeckerHost: text("URL", {
    key: "WOODPECKER_HOST",
    readBy: "commands, Woodpecker",
    fallback: "http://DISINTO_BIND:DISINTO_CI_PORT",
    meaning: "Your address of Woodpecker",
  }),
  woodpeckerToken: secret({
    key: "WOODPECKER_TOKEN",
    readBy: "bots",
    meaning:
      "Personal access token of Woodpecker, with which bots read their runs' logs and restart them",
  }),
  ciAccountToken: secret({
    key: "WOODPECKER_ACCOUNT_TOKEN",
    readBy: "commands, Woodpecker's gate",
    meaning:
      "Woodpecker's token of the factory's own account; written by disinto init. With it bots ask a gate, which lets them read logs and restart runs and nothing else",
  }),
  ciAccountPass: secret({
    key: "WOODPECKER_ACCOUNT_PASS",
    meaning: "Password of the factory's own account at Woodpecker; written by disinto init",
  }),
  ciAccountForgeToken: secret({
    key: "WOODPECKER_ACCOUNT_FORGE_TOKEN",
    meaning: "Token of that account on the forge; written by disinto init",
  }),
  ciToken: secret({
    key: "CI_TOKEN",
    readBy: "bots, the local CI",
    meaning: "The same for the local CI; written by disinto init",
  }),
  httpPort: port({
    key: "DISINTO_HTTP_PORT",
    meaning: "Host port of the edge for HTTP; without this and the next one there is no edge",
  }),
  httpsPort: port({
    key: "DISINTO_HTTPS_PORT",
    meaning: "Host port of the edge for HTTPS",
  }),
  domain: pattern("domain name", domainName, {
    key: "DISINTO_DOMAIN",
    meaning:
      "With it the edge serves forge.DOMAIN, ci.DOMAIN and dashboard.DOMAIN, without it the forge alone",
  }),
  edgeCa: pattern("internal, or the URL of an ACME directory", certificateAuthority, {
    key: "DISINTO_EDGE_CA",
    meaning:
      "Who signs the edge's certificates: a public authority unless said otherwise, Caddy itself where there is no domain",
  }),
  budget: parsed("limits, as in day.money=20", parseBudget, {
    key: "DISINTO_BUDGET",
    readBy: "commands, bots",
    meaning:
      "What all bots may spend together, by session, issue and day: money (US dollars), tokens, hours; soft_money and so on are only told. As [budget] of a project",
  }),
  leaseTerm: integer("seconds, 3 or more", leaseTerm, {
    key: "DISINTO_LEASE_TERM",
    readBy: "commands, bots",
    fallback: "900",
    meaning:
      "How long a bot that does not answer keeps its issue before another bot takes it over. For tests; the same for all bots, and short terms load the forge",
  }),
  statusToken: secret({
    key: "DISINTO_STATUS_TOKEN",
    readBy: "bots",
    meaning:
      "With it each bot answers /status on port 8080 inside the network, to who sends it as a bearer token; without it there is no /status",
  }),
  ...dashboardEnv,
  claudeSharedDir: folder({
    key: "CLAUDE_SHARED_DIR",
    readBy: "commands, bots",
    meaning:
      'Folder with Claude\'s login (`.credentials.json`), mounted read-only at the same path into every bot. A bot with `claude-code`, `base_url = "https://api.anthropic.com"` and no key works with it',
  }),
  agentSshDir: folder({
    key: "AGENT_SSH_DIR",
    meaning: "Folder mounted read-only at /home/agent/.ssh into every bot",
  }),
  sopsAgeDir: folder({
    key: "SOPS_AGE_DIR",
    meaning: "Folder mounted read-only at /home/agent/.config/sops/age into every bot",
  }),
  forgeAdminPass: secret({
    key: "FORGE_ADMIN_PASS",
    meaning: "The administrator's password; written by disinto init where the forge is ours",
  }),
  wpForgejoClient: text("text", {
    key: "WP_FORGEJO_CLIENT",
    readBy: "commands, Woodpecker",
    meaning: "Woodpecker's OAuth application on the forge; written by disinto init",
  }),
  wpForgejoSecret: secret({
    key: "WP_FORGEJO_SECRET",
    readBy: "commands, Woodpecker",
    meaning: "The secret of that application; written by disinto init",
  }),
  woodpeckerAgentSecret: secret({
    key: "WOODPECKER_AGENT_SECRET",
    readBy: "commands, Woodpecker",
    meaning: "What Woodpecker's agent proves itself with; written by disinto init",
  }),
  forgeTokenOf: secret({
    key: "FORGE_TOKEN_<NAME>",
    readBy: "commands, the bot",
    meaning: "Token of a bot, its name in upper case with `_` for `-`; written by disinto init",
  }),
  forgePassOf: secret({
    key: "FORGE_PASS_<NAME>",
    readBy: "commands, the bot",
    meaning: "Password of a bot; written by disinto init",
  }),
} satisfies Readonly<Record<string, Setting<string> | Setting<number> | Setting<Budget>>>;

export const envSettings: readonly Setting<unknown>[] = Object.values(env);
