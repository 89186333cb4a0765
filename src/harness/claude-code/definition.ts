import type { HarnessDefinition } from "../definitions.ts";

/** Looked up in PATH. */
export const CLAUDE_PROGRAM = "claude";

const LOGIN_ORIGIN = "https://api.anthropic.com";

export const claudeCodeHarness: HarnessDefinition = {
  meaning: "Claude Code",
  program: () => CLAUDE_PROGRAM,
  api: "messages",
  asksModel: true,
  /** Measured with 2.1.332: its own prompt takes 5,200, and in 10,240 it compacts until it gives up. */
  smallestWindow: 12_288,
  /** Claude's login is shown to nobody but Anthropic, and only where the bot has no key. */
  usesLogin: ({ apiKeyEnv, baseUrl = "" }) =>
    apiKeyEnv === undefined && URL.canParse(baseUrl) && new URL(baseUrl).origin === LOGIN_ORIGIN,
};
