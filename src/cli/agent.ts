/** `disinto agent run`: the process in a bot's container. */

import { waitForForge } from "../apply/forge-wait.ts";
import { runDev, runReview } from "../bot/run.ts";
import { type BotSettings, readBotSettings } from "../bot/settings.ts";
import type { Bot } from "../bot/tools.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

export async function runAgent(
  tools: Tools,
  { once = false }: { once?: boolean },
): Promise<ExitCode> {
  const settings = readBotSettings(tools.environment);
  const bot = await tools.bot(settings);
  const loops = settings.roles.map((role) => ({
    role,
    run: { tools: bot.toolsFor(role), signal: tools.signal, once },
  }));
  const loopsByRole = loops.map(({ role, run }) => [role, run.tools.progress] as const);
  const stopHealth = await bot.serveHealth(Object.fromEntries(loopsByRole));
  await waitForForge(tools, settings.forge.url);
  await proveIdentity(bot, settings);
  const projects = settings.projects.map(({ name }) => name);
  bot.events.append({ type: "bot.started", roles: settings.roles, projects });
  await Promise.all(
    loops.map(({ role, run }) => (role === "dev" ? runDev(run, bot.journal) : runReview(run))),
  );
  bot.events.append({ type: "bot.stopped" });
  stopHealth();
  return ExitCode.done;
}

/** A runner whose token is not its bot's refuses to start; there is no other identity to fall back to. */
async function proveIdentity(bot: Bot, { name, forge: { user } }: BotSettings): Promise<void> {
  const login = await bot.whoami();
  if (login === user) return;
  throw new DisintoError(
    "credentials.wrong",
    `the token of the bot ${name} belongs to ${login}, not to ${user}`,
    {
      hint: "run `disinto init`, then `disinto up`",
    },
  );
}
