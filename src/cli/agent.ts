/** `disinto agent run`: the process in a bot's container. */

import { waitForForge } from "../apply/forge-wait.ts";
import { type BotSettings, readBotSettings } from "../bot/settings.ts";
import type { RunningBot } from "../bot/tools.ts";
import { isSameLogin } from "../core/names.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import type { BotEvent } from "../ports/event-log.ts";
import type { Tools } from "./tools.ts";

export async function runAgent(
  tools: Tools,
  { once = false, project }: { once?: boolean; project?: string },
): Promise<ExitCode> {
  const settings = narrow(readBotSettings(tools.environment), project);
  tools.learnSecrets(
    Object.entries(settings.ci).map(([name, { token }]) => [`${name}'s token`, token]),
  );
  const bot = await tools.bot(settings);
  const loops = settings.roles.map((role) => ({
    role,
    run: { tools: bot.toolsFor(role), signal: tools.signal, once },
  }));
  const loopsByRole = loops.map(({ role, run }) => [role, run.tools.progress] as const);
  const stopHealth = await bot.serveHealth(Object.fromEntries(loopsByRole));
  try {
    const { url, token } = settings.forge;
    await waitForForge(tools, url, { proof: { token } });
    await verifyIdentity(bot, settings);
    const projects = settings.projects.map(({ name }) => name);
    bot.events.append({ type: "bot.started", projects, ...describeSelf(settings, tools) });
    await Promise.all(loops.map(({ role, run }) => bot.run(role, run)));
  } catch (error) {
    bot.events.append(describeEnd(error));
    throw error;
  }
  bot.events.append({ type: "bot.stopped" });
  await bot.closeEventLink();
  stopHealth();
  return ExitCode.done;
}

/** For the operator who finds it ended: `disinto status` shows it. */
export function describeEnd(error: unknown): BotEvent {
  const code = error instanceof DisintoError ? error.code : "bug";
  const words = error instanceof Error ? error.message : String(error);
  const message = code === "bug" ? `it ended by a bug of disinto: ${words}` : words;
  return { type: "failure", code, message, retryInMs: 0 };
}

/** What people want to know of a bot that they look at. */
function describeSelf(
  { roles, harness, model, backend }: BotSettings,
  { version }: Pick<Tools, "version">,
) {
  return { roles, harness, model: model?.name, backend: model && backend.name, version };
}

function narrow(settings: BotSettings, project: string | undefined): BotSettings {
  if (project === undefined) return settings;
  const projects = settings.projects.filter(({ name }) => name === project);
  if (projects.length > 0) return { ...settings, projects };
  const names = settings.projects.map(({ name }) => name).join(", ");
  const message = `the bot ${settings.name} does not work on ${project}`;
  throw new DisintoError("usage.invalid", message, { hint: `one of: ${names}` });
}

/** A runner whose token is not its bot's refuses to start; there is no other identity to fall back to. */
async function verifyIdentity(
  bot: RunningBot,
  { name, forge: { user } }: BotSettings,
): Promise<void> {
  const login = await bot.whoami();
  if (isSameLogin(login, user)) return;
  throw new DisintoError(
    "credentials.wrong",
    `the token of the bot ${name} belongs to ${login}, not to ${user}`,
    {
      hint: "run `disinto init`, then `disinto up`",
    },
  );
}
