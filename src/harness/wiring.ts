/** Builds the harness of one of a bot's roles. */
import path from "node:path";
import { sessionUserOf } from "../adapters/session-user/separation.ts";
import type { BotSettings, ModelServerSettings } from "../bot/settings.ts";
import type { Tools } from "../cli/tools.ts";
import { DisintoError } from "../errors.ts";
import type { Harness } from "../ports/harness.ts";
import { type Role, roles } from "../roles/definitions.ts";
import type { CodingAgent } from "./agent/agent.ts";
import type { AgentHarnessOptions } from "./agent/harness.ts";
import { CLAUDE_PROGRAM } from "./claude-code/definition.ts";
import type { HarnessName } from "./definitions.ts";
import type { ModelAccess } from "./gateway/model-session.ts";
import { OPENCODE_PROGRAM } from "./opencode/definition.ts";
import type { TranscriptOptions } from "./session/transcript.ts";

type HarnessSettings = Pick<BotSettings, "harness" | "command" | "model" | "dataFolder"> &
  Partial<Pick<BotSettings, "backend" | "separation">>;

/** What it is built from is loaded with the first session. */
export function buildHarness(
  settings: HarnessSettings,
  role: Role,
  host: Pick<Tools, "environment" | "learnSecrets" | "redact"> &
    Pick<TranscriptOptions, "follower">,
): Harness {
  const { dataFolder } = settings;
  const place = {
    stateFolder: path.join(dataFolder, `harness-${role}`),
    pathVariable: host.environment.PATH,
    user: sessionUserOf(settings, role),
    transcripts: {
      folder: path.join(dataFolder, "transcripts", role),
      redact: host.redact,
      follower: host.follower,
    },
    mayAnswerByMessage: roles[role].answersByMessage,
  };
  let harness: Promise<Harness> | undefined;
  return {
    run: async (session) => {
      harness ??= builders[settings.harness](settings, {
        ...place,
        learnSecrets: host.learnSecrets,
      });
      return (await harness).run(session);
    },
  };
}

type AgentSetup = Omit<AgentHarnessOptions, "agent" | "model"> & Pick<Tools, "learnSecrets">;

type Build = (settings: HarnessSettings, place: AgentSetup) => Promise<Harness>;

const builders: Readonly<Record<HarnessName, Build>> = {
  "claude-code": async (settings, place) => {
    const { buildClaudeCode } = await import("./claude-code/agent.ts");
    const { model, build } = await askModel(settings, place);
    const agent = buildClaudeCode({ program: CLAUDE_PROGRAM, compactPct: model.compactPct });
    return build(agent);
  },
  opencode: async (settings, place) => {
    const { buildOpencode } = await import("./opencode/agent.ts");
    return (await askModel(settings, place)).build(buildOpencode({ program: OPENCODE_PROGRAM }));
  },
  command: async (settings, { learnSecrets, ...place }) => {
    const { buildCommandHarness } = await import("./command/command.ts");
    const { command } = settings;
    const model = settings.model && accessOf(settings.backend?.slots, settings.model, learnSecrets);
    return buildCommandHarness({ command, model, ...place });
  },
};

/** What all agents that ask a model have in common. */
async function askModel(
  { harness, model, backend }: HarnessSettings,
  { learnSecrets, ...place }: AgentSetup,
) {
  if (!model) {
    throw new DisintoError("config.invalid", `the harness ${harness} has no model to ask`, {
      hint: "set base_url in the bot's [agents.<name>] section, or LLAMA_BASE_URL in .env",
    });
  }
  const { buildAgentHarness } = await import("./agent/harness.ts");
  const access = accessOf(backend?.slots, model, learnSecrets);
  const build = (agent: CodingAgent) => buildAgentHarness({ agent, model: access, ...place });
  return { model, build };
}

function accessOf(
  slots: number | undefined,
  { baseUrl, name, key, loginFolder, context }: ModelServerSettings,
  learnSecrets: Tools["learnSecrets"],
): ModelAccess {
  const readKey = async () => {
    if (key !== undefined || loginFolder === undefined) return key;
    const { readClaudeLogin } = await import("./claude-code/login.ts");
    const token = await readClaudeLogin(loginFolder);
    learnSecrets([["the login in CLAUDE_SHARED_DIR", token]]);
    return token;
  };
  return { baseUrl, name, readKey, operator: { slots, context } };
}
