/**
 * The harness `opencode`: opencode without a terminal, with the one provider that it is given. Of the repository it takes
 * no configuration and no plugins, and it asks nobody.
 */
import path from "node:path";
import { deriveOutputLimit } from "../../core/model-window.ts";
import {
  type AgentEvents,
  type CodingAgent,
  type Launch,
  parseEvent,
  recordOf,
} from "../agent/agent.ts";
import type { ProcessFault } from "../session/process-fault.ts";
import { opencodeHarness } from "./definition.ts";

export interface OpencodeOptions {
  /** The program; `opencode` is looked up in PATH. */
  readonly program: string;
}

const provider = "disinto";
/** opencode must be told something. */
const USUAL_WINDOW = 131_072;
const MOST_OUTPUT = 16_384;

export function buildOpencode({ program }: OpencodeOptions): CodingAgent {
  return {
    name: "opencode",
    smallestWindow: opencodeHarness.smallestWindow,
    // It loads plugins from these even with OPENCODE_DISABLE_PROJECT_CONFIG and --pure (seen with 1.18.33).
    hiddenFiles: [".opencode", "opencode.json", "opencode.jsonc"],
    prepare: async ({ home, write, model, session: { resume } }) => {
      const config = path.join(home, "opencode.json");
      await write(config, JSON.stringify(deriveConfig(model), undefined, 2));
      return {
        argv: [
          program,
          "run",
          "--pure",
          ...["--format", "json"],
          // Else it asks the model for a title.
          ...["--title", "disinto"],
          ...["--model", `${provider}/${model.name}`],
          ...(resume === undefined ? [] : ["--session", resume]),
        ],
        env: { ...environment, OPENCODE_CONFIG: config },
      };
    },
    readEvents: () => new OpencodeEvents(),
  };
}

const environment = {
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_CLAUDE_CODE: "1",
  OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
  OPENCODE_DISABLE_EXTERNAL_SKILLS: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
  OPENCODE_DISABLE_MODELS_FETCH: "1",
  OPENCODE_DISABLE_PROJECT_CONFIG: "1",
  OPENCODE_DISABLE_SHARE: "1",
};

function deriveConfig({ url, key, name, contextWindow: context = USUAL_WINDOW }: Launch["model"]) {
  const limit = { context, output: deriveOutputLimit(context, MOST_OUTPUT) };
  return {
    model: `${provider}/${name}`,
    small_model: `${provider}/${name}`,
    enabled_providers: [provider],
    provider: {
      [provider]: {
        npm: "@ai-sdk/openai-compatible",
        name: provider,
        options: { baseURL: `${url}/v1`, apiKey: key },
        models: { [name]: { name, limit, tool_call: true } },
      },
    },
    permission: {
      edit: "allow",
      bash: "allow",
      external_directory: "allow",
      webfetch: "deny",
      doom_loop: "deny",
    },
    autoupdate: false,
    share: "disabled",
    lsp: false,
    formatter: false,
  };
}

/** One JSON line per part of a message. */
class OpencodeEvents implements AgentEvents {
  toolCalls = 0;
  money = 0;
  session: string | undefined;
  lastMessage = "";
  failure: ProcessFault | undefined;

  take(line: string): void {
    const event = parseEvent(line);
    if (!event) return;
    if (typeof event.sessionID === "string") this.session = event.sessionID;
    const part = recordOf(event.part);
    if (event.type === "tool_use") this.toolCalls += 1;
    if (event.type === "text" && typeof part.text === "string") this.lastMessage = part.text;
    if (event.type === "step_finish" && typeof part.cost === "number") this.money += part.cost;
    if (event.type === "error") this.#takeError(recordOf(event.error));
  }

  #takeError({ name, data }: Record<string, unknown>): void {
    const message = recordOf(data).message ?? name ?? "an unnamed error";
    const fault = name === "ContextOverflowError" ? "context" : "exit";
    this.failure = { fault, reason: `opencode: ${String(message)}` };
  }
}
