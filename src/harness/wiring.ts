/** Builds the harness of one of a bot's roles. */
import path from "node:path";
import type { BotSettings, ModelServer } from "../bot/settings.ts";
import type { Tools } from "../cli/tools.ts";
import type { Role } from "../core/factory.ts";
import { DisintoError } from "../errors.ts";
import type { Harness } from "../ports/harness.ts";
import type { AgentHarnessOptions } from "./agent/harness.ts";

/** What it is built from is loaded with the first session. */
export function buildHarness(
  settings: Pick<BotSettings, "harness" | "command" | "model" | "dataFolder">,
  role: Role,
  host: Pick<Tools, "environment" | "learnSecrets" | "redact">,
): Harness {
  const { dataFolder } = settings;
  const place = {
    stateFolder: path.join(dataFolder, `harness-${role}`),
    pathVariable: host.environment.PATH,
    transcripts: { folder: path.join(dataFolder, "transcripts", role), redact: host.redact },
    mayAnswerByMessage: role === "review",
  };
  let harness: Promise<Harness> | undefined;
  return {
    run: async (session) => {
      harness ??= buildInner(settings, { ...place, learnSecrets: host.learnSecrets });
      return (await harness).run(session);
    },
  };
}

type AgentSetup = Omit<AgentHarnessOptions, "agent" | "model"> & Pick<Tools, "learnSecrets">;

async function buildInner(
  { harness, command, model }: Pick<BotSettings, "harness" | "command" | "model">,
  { learnSecrets, ...place }: AgentSetup,
): Promise<Harness> {
  if (harness === "command") {
    const { buildCommandHarness } = await import("./command/command.ts");
    return buildCommandHarness({ command, ...place });
  }
  if (!model) {
    throw new DisintoError("config.invalid", `the harness ${harness} has no model to ask`, {
      hint: "set base_url in the bot's [agents.<name>] section, or LLAMA_BASE_URL in .env",
    });
  }
  const { buildAgentHarness } = await import("./agent/harness.ts");
  const { baseUrl, name, key, loginFolder } = model;
  const readKey = async () => {
    if (key !== undefined || loginFolder === undefined) return key;
    const { readClaudeLogin } = await import("./claude-code/login.ts");
    const token = await readClaudeLogin(loginFolder);
    learnSecrets([["the login in CLAUDE_SHARED_DIR", token]]);
    return token;
  };
  const agent = await buildAgent(harness, model);
  return buildAgentHarness({ agent, model: { baseUrl, name, readKey }, ...place });
}

async function buildAgent(harness: "claude-code" | "opencode", { compactPct }: ModelServer) {
  if (harness === "claude-code") {
    const { buildClaudeCode } = await import("./claude-code/agent.ts");
    return buildClaudeCode({ program: "claude", compactPct });
  }
  const { buildOpencode } = await import("./opencode/agent.ts");
  return buildOpencode({ program: "opencode" });
}
