/** What a bot is told: its whole configuration is its environment. Read back by bot/settings.ts. */
import { deriveBackend, deriveSlots } from "./backend.ts";
import type { Bot, Factory } from "./factory.ts";
import { deriveFactoryRepo, formatRepo } from "./identities.ts";
import { formatProjects } from "./project-shape.ts";

/** Everything but credentials. Keys sorted, so that the same bot has the same bytes. */
export function deriveBotEnvironment(
  bot: Bot,
  factory: Factory,
  forgeUrl: string,
): Readonly<Record<string, string>> {
  const { bots, projects, leaseTermS } = factory;
  const slots = deriveSlots(bot, bots);
  const own = projects.filter(({ name }) => bot.projects.includes(name));
  return {
    AGENT_BACKEND: deriveBackend(bot),
    AGENT_FACTORY_REPO: formatRepo(deriveFactoryRepo(factory)),
    AGENT_HARNESS: bot.harness,
    AGENT_LIMITS: JSON.stringify(bot.limits),
    AGENT_NAME: bot.name,
    AGENT_POLL_INTERVAL: String(bot.pollIntervalS),
    AGENT_PROJECTS: formatProjects(own),
    AGENT_ROLES: bot.roles.join(","),
    FORGE_URL: forgeUrl,
    FORGE_USER: bot.forgeUser,
    ...(bot.harness === "command" && { AGENT_COMMAND: JSON.stringify(bot.command) }),
    ...(leaseTermS !== undefined && { AGENT_LEASE_TERM: String(leaseTermS) }),
    ...(slots !== undefined && { AGENT_SLOTS: String(slots) }),
    ...(bot.compactPct !== undefined && {
      CLAUDE_AUTOCOMPACT_PCT_OVERRIDE: String(bot.compactPct),
    }),
    ...(bot.harness !== "command" && { CLAUDE_MODEL: bot.model }),
    ...(bot.harness !== "command" && bot.baseUrl && { ANTHROPIC_BASE_URL: bot.baseUrl }),
  };
}
