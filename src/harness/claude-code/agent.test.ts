import { expect, test } from "vitest";
import type { Session } from "../../ports/harness.ts";
import { buildClaudeCode } from "./agent.ts";

test("Claude Code names the served model only, keeps its server's cache and tells nobody", async () => {
  const agent = buildClaudeCode({ program: "claude", compactPct: undefined });
  const model = { url: "http://127.0.0.1:1", key: "w", name: "qwen", contextWindow: 32_000 };
  const session = { silenceMs: 1 } as Session;

  const { env } = await agent.prepare({ model, session } as Parameters<typeof agent.prepare>[0]);

  const models = Object.entries(env).filter(([key]) => /_MODEL$/.test(key));
  expect(models.map(([key]) => key)).toEqual(
    expect.arrayContaining([
      "ANTHROPIC_MODEL",
      "ANTHROPIC_SMALL_FAST_MODEL",
      "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    ]),
  );
  expect(new Set(models.map(([, value]) => value))).toEqual(new Set(["qwen"]));
  expect(env).toMatchObject({
    CLAUDE_CODE_ATTRIBUTION_HEADER: "0",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
  });
});
