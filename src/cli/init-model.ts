/** The model of a new factory: what runs on this machine is offered, and what is chosen is tried before anything is made. */
import { judgeModel, type ModelFinding } from "../core/model-findings.ts";
import { planCapacity } from "../core/model-window.ts";
import { type Answers, offerModel } from "../core/setup.ts";
import { DEFAULT_HARNESS, harnesses } from "../harness/definitions.ts";
import type { FoundModel, ServerFacts } from "../ports/model-server.ts";
import type { Questions } from "../ports/questions.ts";
import { env } from "../settings/env.ts";
import type { Tools } from "./tools.ts";

export type ModelTools = Pick<Tools, "findModels" | "examineModel" | "say">;

interface ModelQuestionContext {
  readonly given: Answers;
  readonly engine: string;
  readonly bots: string;
}

/** Two variables of `.env`; what is found wrong with them is said, and stops nobody. */
export async function askModel(
  tools: ModelTools,
  questions: Questions,
  { given, engine, bots }: ModelQuestionContext,
): Promise<Answers> {
  if (bots.trim() === "") return { [env.llamaBaseUrl.key]: offerModel(engine) };
  const known = given[env.llamaBaseUrl.key];
  const found = known === undefined ? await tools.findModels() : [];
  for (const one of found) tools.say(describe(one));
  const url =
    known ??
    (await questions.text({
      question: "Address of the model that they use",
      offered: offerModel(engine, found[0]?.port),
      validate: refuseUrl,
    }));
  const here = url.replace(new URL(offerModel(engine)).hostname, "127.0.0.1");
  const facts = found.find(({ port }) => URL.canParse(here) && new URL(here).port === `${port}`);
  const model = given[env.llamaModel.key] ?? (await chooseName(questions, facts?.facts));
  await prove(tools, { url, here, model, given, bots });
  return {
    [env.llamaBaseUrl.key]: url,
    ...(model !== undefined && { [env.llamaModel.key]: model }),
  };
}

function describe({ name, port, facts }: FoundModel): string {
  const { slots, context } = planCapacity(facts, { slots: undefined, context: undefined });
  const parts = [
    facts.models.slice(0, 3).join(", "),
    slots === undefined ? "" : `${slots} at once`,
    context === undefined ? "" : `${context} tokens each`,
  ];
  const details = parts.filter((part) => part !== "").join(", ");
  return `found ${name} on port ${port}${details === "" ? "" : `: ${details}`}`;
}

/** A llama-server with one model answers to any name. */
async function chooseName(
  { choose }: Questions,
  facts: ServerFacts | undefined,
): Promise<string | undefined> {
  if (!facts || facts.kind === "llama-server" || facts.models.length === 0) return undefined;
  if (facts.models.length === 1) return facts.models[0];
  return choose(
    "Which of its models?",
    facts.models.map((name) => ({ value: name, label: name })),
  );
}

interface Chosen {
  readonly url: string;
  /** The same server, as this machine reaches it. */
  readonly here: string;
  readonly model: string | undefined;
  readonly given: Answers;
  readonly bots: string;
}

/** The proof of `disinto doctor`, which asks again from where the bots run. */
async function prove(tools: ModelTools, { url, here, model, given, bots }: Chosen): Promise<void> {
  const { api } = harnesses[DEFAULT_HARNESS];
  const name = model ?? env.llamaModel.fallback ?? "";
  const key = given[env.llamaApiKey.key];
  const bot = {
    name: bots.split(/[\s,]+/)[0] ?? "",
    harness: DEFAULT_HARNESS,
    model: name,
    apiKeyEnv: key === undefined ? undefined : env.llamaApiKey.key,
    slots: undefined,
    context: undefined,
  };
  const report = await tools.examineModel({ baseUrl: here, key, model: name, api });
  for (const finding of judgeModel(bot, report)) sayFinding(tools, url, finding);
}

function sayFinding({ say }: ModelTools, url: string, { message, hint }: ModelFinding): void {
  say(`${url}: ${message}`);
  if (hint !== undefined) say(`  hint: ${hint}`);
}

export function refuseUrl(answer: string): string | undefined {
  return /^https?:\/\/\S+$/.test(answer)
    ? undefined
    : "the address must begin with http:// or https://";
}
