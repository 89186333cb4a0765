/** What a look at a model's server means for the bots that ask it, each with what to do about it. Pure. */
import { harnesses } from "../harness/definitions.ts";
import type { ModelReport, Proof, ServerFacts } from "../ports/model-server.ts";
import type { Bot as WholeBot } from "./factory.ts";
import { isTakenAsShared, planCapacity } from "./model-window.ts";

export interface ModelFinding {
  readonly verdict: "good" | "note" | "bad";
  readonly message: string;
  readonly hint?: string;
}

/** What of a bot matters to its model. */
type Bot = Pick<WholeBot, "name" | "harness" | "model" | "apiKeyEnv" | "slots" | "context">;

/** With which a llama-server serves two bots well. */
const FLAGS = "llama-server --jinja -np 2 -c 65536 --metrics";

export function* judgeModel(bot: Bot, { facts, proof }: ModelReport): Generator<ModelFinding> {
  if (!proof.works) {
    yield { verdict: "bad", message: proof.reason, hint: hintFor(bot, proof) };
    return;
  }
  if (!facts) return;
  yield* judgeName(bot, facts);
  if (!proof.callsTool)
    yield {
      verdict: harnesses[bot.harness].asksModel ? "bad" : "note",
      message: `${bot.model} was offered a tool and called none`,
      hint: `choose a model that calls tools; llama-server needs --jinja: ${FLAGS}`,
    };
  yield* judgeWindow(bot, facts, proof);
}

type Failed = Extract<Proof, { works: false }>;

function hintFor({ apiKeyEnv }: Bot, { fault }: Failed): string {
  if (fault === "refused-key")
    return apiKeyEnv ? `correct ${apiKeyEnv} in .env` : "name the server's key in api_key_env";
  if (fault === "unreachable" || fault === "overloaded")
    return "wait until the server has loaded its model, then run disinto doctor again";
  return `look at the server's log; such flags are known to work: ${FLAGS}`;
}

/** A llama-server with one model answers to any name. */
function* judgeName({ model }: Bot, { kind, models }: ServerFacts): Generator<ModelFinding> {
  if (kind === "llama-server" || models.length === 0 || models.includes(model)) return;
  yield {
    verdict: "bad",
    message: `there is no model ${JSON.stringify(model)} there`,
    hint: `set model to one of: ${models.slice(0, 8).join(", ")}`,
  };
}

type Working = Extract<Proof, { works: true }>;

function* judgeWindow(bot: Bot, facts: ServerFacts, proof: Working): Generator<ModelFinding> {
  const operator = { slots: bot.slots, context: bot.context };
  const { slots, context } = planCapacity(facts, operator);
  const { smallestWindow } = harnesses[bot.harness];
  if (context !== undefined && context < smallestWindow)
    yield {
      verdict: "bad",
      message: `each session has ${context} tokens, and ${bot.harness} needs ${smallestWindow}`,
      hint: `give the model a larger context, or fewer slots: ${FLAGS}`,
    };
  else yield { verdict: "good", message: describe(bot, { slots, context }, proof) };
  if (context === undefined)
    yield {
      verdict: "note",
      message: "the server does not say how much its model holds",
      hint: `set context in [agents.${bot.name}]`,
    };
  if (isTakenAsShared(facts, operator))
    yield {
      verdict: "note",
      message: `four slots are taken as sharing one window of ${facts.context} tokens`,
      hint: `start it with a number of slots: ${FLAGS}; or set slots and context for the bot`,
    };
}

function describe(
  { model }: Bot,
  { slots, context }: { slots: number | undefined; context: number | undefined },
  { tokensPerSecond }: Working,
): string {
  const parts = [
    `${model} works`,
    slots === undefined ? "any number of sessions" : `${slots} at once`,
    context === undefined ? "window unknown" : `${context} tokens each`,
    tokensPerSecond === undefined
      ? ""
      : `${Math.round(tokensPerSecond)} tokens of a prompt a second`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}
