import { expect, test } from "vitest";
import { makeFactory } from "../../test/support/factories.ts";
import type { ModelReport } from "../ports/model-server.ts";
import { judgeModel } from "./model-findings.ts";

const section = (more: string) =>
  `repo = "acme/shop"\nci.provider = "external"\n[agents.ada]\nbase_url = "http://model:8080"\nmodel = "qwen"\n${more}`;

function say(report: Partial<ModelReport>, more = "") {
  const [bot] = makeFactory("", { shop: section(more) }).bots;
  if (!bot) throw new Error("no bot");
  const facts = { kind: "llama-server", slots: 2, context: 32_768, models: ["qwen.gguf"] } as const;
  const proof = { works: true, callsTool: true, tokensPerSecond: 812.4 } as const;
  const findings = [...judgeModel(bot, { facts, proof, ...report })];
  return findings.map(({ verdict, message, hint }) =>
    [verdict, message, hint ?? []].flat().join(": "),
  );
}

const works = { works: true, callsTool: true, tokensPerSecond: undefined } as const;

test("a model that works is described by what its sessions get", () => {
  expect(say({})).toEqual([
    "good: qwen works, 2 at once, 32768 tokens each, 812 tokens of a prompt a second",
  ]);
});

test("what is wrong with a model says what to do about it", () => {
  const refused = { works: false, fault: "refused-key", reason: "it answered 401" } as const;
  const mute = { works: true, callsTool: false, tokensPerSecond: 1 } as const;
  const router = { kind: "router", slots: 1, context: 16_384, models: ["a", "b"] } as const;
  const shared = { kind: "llama-server", slots: 4, context: 65_536, models: [] } as const;
  const silent = { kind: "other", slots: undefined, context: undefined, models: ["qwen"] } as const;

  expect(
    [
      ...say({ proof: refused }),
      ...say({ proof: mute }).slice(0, 1),
      ...say({ facts: router, proof: works }),
      ...say({ facts: { ...shared, slots: 1, context: 8_192 }, proof: works }),
      ...say({ facts: shared, proof: works }),
      ...say({ facts: silent, proof: works }),
    ].join("\n"),
  ).toMatchInlineSnapshot(`
    "bad: it answered 401: name the server's key in api_key_env
    bad: qwen was offered a tool and called none: choose a model that calls tools; llama-server needs --jinja: llama-server --jinja -np 2 -c 65536 --metrics
    bad: there is no model "qwen" there: set model to one of: a, b
    good: qwen works, 1 at once, 16384 tokens each
    bad: each session has 8192 tokens, and claude-code needs 12288: give the model a larger context, or fewer slots: llama-server --jinja -np 2 -c 65536 --metrics
    good: qwen works, 2 at once, 32768 tokens each
    note: four slots are taken as sharing one window of 65536 tokens: start it with a number of slots: llama-server --jinja -np 2 -c 65536 --metrics; or set slots and context for the bot
    good: qwen works, any number of sessions, window unknown
    note: the server does not say how much its model holds: set context in [agents.ada]"
  `);
});

test("the operator's word on slots and window ends the doubt about a shared cache", () => {
  const facts = { kind: "llama-server", slots: 4, context: 32_768, models: [] } as const;

  expect(say({ facts, proof: works }, "slots = 4\ncontext = 32768\n")).toEqual([
    "good: qwen works, 4 at once, 32768 tokens each",
  ]);
});
