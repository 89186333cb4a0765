/** What doctor says of a real llama-server; it asks it one small request with a tool. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { hasLlama, LlamaServer } from "./llama-server.ts";

const key = "sk-of-the-server";

describe.skipIf(!hasLlama)("at a real llama-server", () => {
  let server: LlamaServer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "disinto-doctor-"));
    server = await LlamaServer.start(["-np", "2", "-c", "32768"], { key });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function consult(...lines: readonly string[]): Promise<readonly string[]> {
    const env = ["DISINTO_ENGINE=local", "LLAMA_BOTS=a", `LLAMA_BASE_URL=${server.url}`, ...lines];
    await writeFile(path.join(folder, ".env"), env.map((line) => `${line}\n`).join(""));
    const { stdout } = await runCli(folder, ["doctor", "--json"]);
    const { findings } = JSON.parse(stdout) as { findings: Record<string, string>[] };
    return findings
      .filter(({ subject }) => subject === "model")
      .map(({ verdict, message }) => `${verdict}: ${message?.replace(server.url, "URL")}`);
  }

  test("it works with its key, and what each session gets is said", async () => {
    expect(await consult(`LLAMA_API_KEY=${key}`)).toEqual([
      "good: URL",
      expect.stringMatching(
        /^good: URL: default works, 2 at once, 16384 tokens each, \d+ tokens of a prompt a second$/,
      ),
    ]);
  });

  test("a key that it refuses is said", async () => {
    expect(await consult("LLAMA_API_KEY=sk-another")).toEqual([
      expect.stringMatching(/^bad: URL: the model's server answered 401/),
      "good: URL",
    ]);
  });
});
