import type { HarnessDefinition } from "../definitions.ts";

const LOGIN_ORIGIN = "https://api.anthropic.com";

export const claudeCodeHarness: HarnessDefinition = {
  meaning: "Claude Code",
  asksModel: true,
  /** Claude's login is shown to nobody but Anthropic, and only where the bot has no key. */
  usesLogin: ({ apiKeyEnv, baseUrl = "" }) =>
    apiKeyEnv === undefined && URL.canParse(baseUrl) && new URL(baseUrl).origin === LOGIN_ORIGIN,
};
