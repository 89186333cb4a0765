import { expect, test } from "vitest";
import type { ServerFacts } from "../ports/model-server.ts";
import type { Choice, TextQuestion } from "../ports/questions.ts";
import { askModel } from "./init-model.ts";

const llama: ServerFacts = { kind: "llama-server", slots: 2, context: 32_768, models: ["qwen"] };
const ollama: ServerFacts = {
  kind: "other",
  slots: undefined,
  context: undefined,
  models: ["qwen3:8b", "gpt-oss:20b"],
};
const engine = "compose";

/** Somebody who takes what is offered, and the last of what can be chosen. */
function meet(found: readonly { name: string; port: number; facts: ServerFacts }[], works = true) {
  const said: string[] = [];
  const asked: unknown[] = [];
  const tools = {
    say: (text: string) => void said.push(text),
    findModels: async () => found,
    examineModel: async (question: { baseUrl: string; model: string }) => {
      asked.push([question.baseUrl, question.model]);
      const facts = found[0]?.facts;
      const proof = works
        ? ({ works, callsTool: true, tokensPerSecond: 900 } as const)
        : ({ works, fault: "unreachable", reason: "nothing answers" } as const);
      return { facts, proof };
    },
  };
  const questions = {
    text: async ({ offered = "" }: TextQuestion) => offered,
    choose: async (_: string, options: readonly Choice[]) => options.at(-1)?.value ?? "",
    secret: async () => "",
  };
  const ask = (given = {}) => askModel(tools, questions, { given, engine, bots: "dev-qwen" });
  return { ask, said, asked };
}

test("a llama-server on this machine is offered as the bots see it, and tried as this machine does", async () => {
  const { ask, said, asked } = meet([{ name: "llama-server", port: 8080, facts: llama }]);

  expect(await ask()).toEqual({ LLAMA_BASE_URL: "http://host.docker.internal:8080" });

  expect(asked).toEqual([["http://127.0.0.1:8080", "default"]]);
  expect(said).toEqual([
    "found llama-server on port 8080: qwen, 2 at once, 32768 tokens each",
    "http://host.docker.internal:8080: default works, 2 at once, 32768 tokens each, 900 tokens of a prompt a second",
  ]);
});

test("of an Ollama's models one is chosen, and it is said what the operator has to add", async () => {
  const { ask, said, asked } = meet([{ name: "Ollama", port: 11_434, facts: ollama }]);

  expect(await ask()).toEqual({
    LLAMA_BASE_URL: "http://host.docker.internal:11434",
    LLAMA_MODEL: "gpt-oss:20b",
  });

  expect(asked).toEqual([["http://127.0.0.1:11434", "gpt-oss:20b"]]);
  expect(said[0]).toBe("found Ollama on port 11434: qwen3:8b, gpt-oss:20b");
  expect(said).toContain("  hint: set context in [agents.dev-qwen]");
});

test("where nothing is found the usual address is offered, and what does not answer is said and stops nobody", async () => {
  const { ask, said } = meet([], false);

  expect(await ask()).toEqual({ LLAMA_BASE_URL: "http://host.docker.internal:8081" });

  expect(said[0]).toBe("http://host.docker.internal:8081: nothing answers");
});

test("an address that was given is taken and tried, and nothing is looked for", async () => {
  const { ask, said, asked } = meet([{ name: "llama-server", port: 8080, facts: llama }]);

  const answers = await ask({ LLAMA_BASE_URL: "http://gpu.lan:9000", LLAMA_MODEL: "big" });

  expect(answers).toEqual({ LLAMA_BASE_URL: "http://gpu.lan:9000", LLAMA_MODEL: "big" });
  expect(asked).toEqual([["http://gpu.lan:9000", "big"]]);
  expect(said).toHaveLength(1);
});
