/** The harnesses `claude-code` and `opencode` with the real agents. What the model says is scripted; all else is real. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect } from "vitest";
import type { Script } from "../model-server/script.ts";
import { agentTest, setScene } from "./agents.ts";

const greeting: Script = {
  conversations: [
    {
      match: "greeting",
      answers: [
        { acts: [{ write: { path: "greeting.txt", content: "hello\n" } }] },
        { acts: [{ bash: "cat greeting.txt" }] },
        { text: "It is written." },
      ],
    },
  ],
};

describe.each(["claude-code", "opencode"] as const)("%s", (name) => {
  agentTest("edits a file, and what it used is what the server counted", async () => {
    const { folder, server, run } = await setScene(name, { script: greeting });

    const end = await run();

    const { turns, inputTokens, outputTokens } = server.stats;
    expect(await readFile(path.join(folder, "greeting.txt"), "utf8")).toBe("hello\n");
    expect(end).toMatchObject({
      type: "finished",
      output: "It is written.",
      session: expect.any(String),
      usage: { turns: 3, toolCalls: 2, inputTokens, outputTokens, money: 0 },
    });
    expect(turns).toBe(3);
  });
});
