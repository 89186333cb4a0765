/** Which windows the real agents work in, at a real llama-server: what is told to them, and what is refused before. */
import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect } from "vitest";
import { harnesses } from "../../src/harness/definitions.ts";
import { type AgentName, agentTest, buildScene } from "../agents/agents.ts";
import { isSoak } from "../support/soak.ts";
import { hasLlama, LlamaServer } from "./llama-server.ts";

const smallest = {
  "claude-code": harnesses["claude-code"].smallestWindow,
  opencode: harnesses.opencode.smallestWindow,
};
/** All windows in a soak, else for each agent the smallest that it works in. */
const sizes = [4_096, 8_192, 10_240, 12_288, 16_384, 24_576, 32_768];
const pairs = Object.entries(smallest).flatMap(([name, least]) =>
  (isSoak ? sizes : [least]).map((size) => ({ name: name as AgentName, size })),
);

describe.skipIf(!hasLlama)("at a real llama-server", () => {
  const servers: LlamaServer[] = [];
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  agentTest.each(pairs)(
    "$name in a window of $size does its work, or is refused before it asks anything",
    async ({ name, size }) => {
      const server = await LlamaServer.start(["-np", "1", "-c", String(size)]);
      servers.push(server);
      const scene = await buildScene(name, {
        script: { conversations: [] },
        baseUrl: server.url,
      });

      const end = await scene.run({ prompt: "Make the file." });
      const made = existsSync(path.join(scene.folder, "made-by-llama.md"));
      await scene.close();
      await server.stop();

      if (size >= smallest[name])
        expect({ made, ...end }).toMatchObject({
          made: true,
          type: "finished",
          usage: { turns: 2 },
        });
      else expect(end).toMatchObject({ type: "failed", fault: "window", usage: { turns: 0 } });
    },
  );
});

describe.each(["claude-code", "opencode"] as const)("%s", (name) => {
  agentTest("in a window that is too small is refused before the model is asked", async () => {
    const context = smallest[name] - 1;
    const { run, server, close } = await buildScene(name, {
      script: { conversations: [], context },
    });

    const end = await run();
    await close();

    expect(end).toMatchObject({ type: "failed", fault: "window" });
    expect(end).toHaveProperty("reason", expect.stringContaining(String(smallest[name])));
    expect(server.requests).toEqual([]);
  });

  agentTest(
    "is told the operator's window where its server says none, and a fitting output limit",
    async () => {
      const { run, server, close } = await buildScene(name, {
        script: { conversations: [{ answers: [{ text: "Done." }] }], context: 0 },
        context: 20_480,
      });

      const end = await run();
      await close();

      expect(end.type).toBe("finished");
      expect(server.requests.at(-1)?.body).toMatchObject({ max_tokens: 5_120 });
    },
  );
});
