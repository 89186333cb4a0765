/** What a bot is told: its whole configuration is its environment. Read back by bot/settings.ts. */
import type { Bot, Project } from "./factory.ts";

/** Everything but credentials. Keys sorted, so that the same bot has the same bytes. */
export function deriveBotEnvironment(
  bot: Bot,
  projects: readonly Project[],
  forgeUrl: string,
): Readonly<Record<string, string>> {
  const own = projects.filter(({ name }) => bot.projects.includes(name));
  return {
    AGENT_HARNESS: bot.harness,
    AGENT_NAME: bot.name,
    AGENT_POLL_INTERVAL: String(bot.pollIntervalS),
    AGENT_PROJECTS: JSON.stringify(own),
    AGENT_ROLES: bot.roles.join(","),
    FORGE_URL: forgeUrl,
    FORGE_USER: bot.forgeUser,
    ...(bot.harness === "command" && { AGENT_COMMAND: JSON.stringify(bot.command) }),
    ...(bot.harness !== "command" && { CLAUDE_MODEL: bot.model }),
    ...(bot.harness !== "command" && bot.baseUrl && { ANTHROPIC_BASE_URL: bot.baseUrl }),
  };
}
