/** `disinto agent prove`: whether this bot's model works, from where the bot runs; doctor asks for it. */
import { readBotSettings } from "../bot/settings.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { harnesses } from "../harness/definitions.ts";
import type { Tools } from "./tools.ts";

export async function proveAgent(tools: Tools): Promise<ExitCode> {
  const { harness, model } = readBotSettings(tools.environment);
  if (!model)
    throw new DisintoError("config.invalid", "this bot has no model to ask", {
      hint: "set base_url in the bot's section",
    });
  const { baseUrl, key, name } = model;
  const { api } = harnesses[harness];
  const report = await tools.examineModel({ baseUrl, key, model: name, api });
  tools.print(`${JSON.stringify(report)}\n`);
  return ExitCode.done;
}
