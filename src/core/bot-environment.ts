/** What a bot is told: its whole configuration is its environment. Read back by bot/settings.ts. */
import { harnesses } from "../harness/definitions.ts";
import { deriveBackend, type Slots } from "./backend.ts";
import type { Bot, Factory } from "./factory.ts";
import { deriveFactoryRepo, formatRepo } from "./identities.ts";
import { formatProjects } from "./project-task.ts";

export interface Surroundings {
  readonly factory: Factory;
  readonly slots: Slots;
  readonly forgeUrl: string;
}

/** Everything but credentials. Keys sorted, so that the same bot has the same bytes. */
export function deriveBotEnvironment(
  bot: Bot,
  { factory, slots, forgeUrl }: Surroundings,
): Readonly<Record<string, string>> {
  const { projects, leaseTermS, shared } = factory;
  const backend = deriveBackend(bot);
  const ownSlots = slots.get(backend);
  const own = projects.filter(({ name }) => bot.projects.includes(name));
  const { asksModel, usesLogin } = harnesses[bot.harness];
  return {
    AGENT_BACKEND: backend,
    AGENT_FACTORY_REPO: formatRepo(deriveFactoryRepo(factory)),
    AGENT_HARNESS: bot.harness,
    AGENT_LIMITS: JSON.stringify(bot.limits),
    AGENT_NAME: bot.name,
    AGENT_POLL_INTERVAL: String(bot.pollIntervalS),
    AGENT_PROJECTS: formatProjects(own),
    AGENT_ROLES: bot.roles.join(","),
    FORGE_URL: forgeUrl,
    FORGE_USER: bot.forgeUser,
    ...(!asksModel && { AGENT_COMMAND: JSON.stringify(bot.command) }),
    ...(bot.context !== undefined && { AGENT_CONTEXT: String(bot.context) }),
    ...(bot.disk !== undefined && { AGENT_DISK: bot.disk }),
    ...(leaseTermS !== undefined && { AGENT_LEASE_TERM: String(leaseTermS) }),
    ...(ownSlots !== undefined && { AGENT_SLOTS: String(ownSlots) }),
    ...(bot.compactPct !== undefined && {
      CLAUDE_AUTOCOMPACT_PCT_OVERRIDE: String(bot.compactPct),
    }),
    ...((asksModel || bot.baseUrl) && { CLAUDE_MODEL: bot.model }),
    ...(shared.claude && usesLogin(bot) && { CLAUDE_SHARED_DIR: shared.claude }),
    ...(bot.baseUrl && { ANTHROPIC_BASE_URL: bot.baseUrl }),
  };
}
