/**
 * The harness `claude-code`: Claude Code without a terminal. Of the repository it takes no settings, hooks or servers, and
 * it asks nobody: the bot's container is what bounds it.
 */
import { deriveOutputLimit } from "../../core/model-window.ts";
import type { Session } from "../../ports/harness.ts";
import {
  type AgentEvents,
  type CodingAgent,
  type Launch,
  listOf,
  parseEvent,
  recordOf,
} from "../agent/agent.ts";
import type { ProcessFault } from "../session/process-fault.ts";
import { claudeCodeHarness } from "./definition.ts";

export interface ClaudeCodeOptions {
  /** The program; `claude` is looked up in PATH. */
  readonly program: string;
  /** Per cent of the context window at which it compacts; undefined means its own default. */
  readonly compactPct: string | undefined;
}

/** Its own, where it is not told. */
const MOST_OUTPUT = 32_000;

/** Enough to work on a repository; each tool's description costs a small model part of its window. */
const tools = "Bash,Edit,Read,Write,Glob,Grep";

export function buildClaudeCode({ program, compactPct }: ClaudeCodeOptions): CodingAgent {
  return {
    name: "claude-code",
    smallestWindow: claudeCodeHarness.smallestWindow,
    hiddenFiles: [],
    prepare: async ({ model, session }) => ({
      argv: [program, ...deriveArguments(session, model.name)],
      env: {
        ...deriveEnvironment(model, session),
        ...(compactPct !== undefined && { CLAUDE_AUTOCOMPACT_PCT_OVERRIDE: compactPct }),
      },
    }),
    readEvents: () => new ClaudeEvents(),
  };
}

function deriveArguments({ resume, money }: Session, model: string): readonly string[] {
  return [
    "-p",
    "--verbose",
    ...["--output-format", "stream-json"],
    ...["--permission-mode", "bypassPermissions"],
    "--setting-sources=",
    ...["--settings", JSON.stringify({ includeCoAuthoredBy: false, cleanupPeriodDays: 14 })],
    "--strict-mcp-config",
    "--disable-slash-commands",
    ...["--tools", tools],
    ...(resume === undefined ? [] : ["--resume", resume]),
    ...(money === undefined || !isPriced(model) ? [] : ["--max-budget-usd", String(money)]),
  ];
}

/** Claude Code counts any other model at a price that nobody asks for it. */
function isPriced(model: string): boolean {
  return /^(claude|opus|sonnet|haiku)/.test(model);
}

function deriveEnvironment(
  { url, key, name, contextWindow }: Launch["model"],
  { silenceMs }: Session,
): Readonly<Record<string, string>> {
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: key,
    ANTHROPIC_MODEL: name,
    // Every name that it knows is a model that is served.
    ANTHROPIC_SMALL_FAST_MODEL: name,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: name,
    ANTHROPIC_DEFAULT_SONNET_MODEL: name,
    ANTHROPIC_DEFAULT_OPUS_MODEL: name,
    CLAUDE_CODE_SUBAGENT_MODEL: name,
    // It takes a model that it does not know for one with a window of a million.
    ...(contextWindow !== undefined && {
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: String(contextWindow),
      // It keeps this much of the window free, 32,000 if it is not told.
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(deriveOutputLimit(contextWindow, MOST_OUTPUT)),
    }),
    // A header that changes with each request would cost a local server its prefix cache.
    CLAUDE_CODE_ATTRIBUTION_HEADER: "0",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_DISABLE_TERMINAL_TITLE: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_ERROR_REPORTING: "1",
    DISABLE_TELEMETRY: "1",
    CLAUDE_CODE_MAX_RETRIES: "2",
    // A local model may read a long prompt for many minutes; silence is what ends it.
    API_TIMEOUT_MS: String(silenceMs + 60_000),
    // It refuses to ask nobody as root outside of a sandbox; a bot's container is one.
    IS_SANDBOX: "1",
  };
}

/** Its events as stream-json; the last one, `result`, sums up. */
class ClaudeEvents implements AgentEvents {
  toolCalls = 0;
  money = 0;
  session: string | undefined;
  lastMessage = "";
  failure: ProcessFault | undefined;

  take(line: string): void {
    const event = parseEvent(line);
    if (!event) return;
    if (typeof event.session_id === "string") this.session = event.session_id;
    if (event.type === "assistant") this.#takeMessage(recordOf(event.message));
    if (event.type === "result") this.#takeResult(event);
  }

  #takeMessage(message: Record<string, unknown>): void {
    const blocks = listOf(message.content);
    this.toolCalls += blocks.filter(({ type }) => type === "tool_use").length;
    const text = blocks.flatMap((block) => (typeof block.text === "string" ? [block.text] : []));
    if (text.length > 0) this.lastMessage = text.join("\n");
  }

  #takeResult({ subtype, is_error, result, modelUsage, errors }: Record<string, unknown>): void {
    this.money = Object.values(recordOf(modelUsage))
      .map(recordOf)
      .filter(({ costBasis }) => costBasis !== "unknown")
      .reduce((sum, { costUSD }) => sum + (typeof costUSD === "number" ? costUSD : 0), 0);
    if (!is_error && subtype === "success") return;
    const message = [result, ...(Array.isArray(errors) ? errors : [])].filter(Boolean).join("; ");
    this.failure = {
      fault: classify(subtype, message),
      reason: `claude-code: ${message || subtype}`,
    };
  }
}

/** By its own words where it refuses by itself: it knows its window, and asks the model nothing that exceeds it. */
function classify(subtype: unknown, message: string): ProcessFault["fault"] {
  if (subtype === "error_max_budget_usd") return "money";
  return /prompt is too long|autocompact is thrashing/i.test(message) ? "context" : "exit";
}
