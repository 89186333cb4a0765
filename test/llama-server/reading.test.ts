/** A slow machine that reads a long prompt, a real llama-server on it: the session lives as long as it reads. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ownUser } from "../../src/adapters/session-user/session-user.ts";
import { buildCommandHarness } from "../../src/harness/command/command.ts";
import { isSoak } from "../support/soak.ts";
import { hasLlama, LlamaServer } from "./llama-server.ts";

/** Some sixty tokens a second; in a soak all of the 30,000 that a session may begin with. */
const [tokens, times] = isSoak ? [30_000, 200] : [3_200, 200];
const SAMPLE_TOKENS = 400;

const ask = (page: string, length: number) => `
const { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key } = process.env;
const content = "rain ".repeat(${length}) + "[[script:text]]";
const response = await fetch(url + "${page}", {
  method: "POST",
  headers: { authorization: "Bearer " + key, "content-type": "application/json" },
  body: JSON.stringify({ model: "m", stream: true, max_tokens: 4, messages: [{ role: "user", content }] }),
});
await response.text();
`;

/** A fifth of the time that this machine, slowed down, needs for the whole prompt; a short sample may slip between two pauses. */
async function measureSilence(url: string): Promise<number> {
  const beganMs = performance.now();
  const content = "snow ".repeat(SAMPLE_TOKENS);
  const body = JSON.stringify({ max_tokens: 1, messages: [{ role: "user", content }] });
  const headers = { "content-type": "application/json" };
  await (await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body })).text();
  return Math.max(5_000, ((performance.now() - beganMs) * tokens) / SAMPLE_TOKENS / 5);
}

describe.skipIf(!hasLlama)("at a real llama-server", () => {
  test.each(["/v1/chat/completions", "/v1/messages"])(
    "by %s a prompt that takes longer than the silence is read to its end",
    async (page) => {
      const root = await mkdtemp(path.join(tmpdir(), "reading-"));
      const folder = path.join(root, "work");
      await mkdir(folder);
      const window = String(2 * tokens);
      const server = await LlamaServer.start(["-np", "1", "-c", window, "-b", "64", "-ub", "64"]);
      onTestFinished(async () => {
        await server.stop();
        await rm(root, { recursive: true, force: true });
      });
      const harness = buildCommandHarness({
        command: [process.execPath, "--input-type=module", "-e", ask(page, tokens)],
        stateFolder: path.join(root, "state"),
        pathVariable: process.env.PATH,
        user: ownUser,
        model: {
          baseUrl: server.url,
          name: "m",
          readKey: async () => undefined,
          operator: { slots: undefined, context: undefined },
        },
        transcripts: { folder: path.join(root, "transcripts"), redact: (text) => text },
      });

      const endSlowness = server.slowDown(times);
      const silenceMs = await measureSilence(server.url);
      const beganMs = performance.now();
      const end = await harness.run({
        folder,
        prompt: "",
        environment: {},
        timeoutMs: 1_800_000,
        silenceMs,
        signal: new AbortController().signal,
      });
      endSlowness();

      expect(end).toMatchObject({ type: "finished", usage: { turns: 1 } });
      expect(end.usage.inputTokens).toBeGreaterThan(tokens);
      expect(performance.now() - beganMs).toBeGreaterThan(1.5 * silenceMs);
    },
    isSoak ? 1_800_000 : 180_000,
  );
});
