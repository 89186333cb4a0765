/**
 * One small request that shows whether a model's server works: what fails in a session while this succeeds is the fault of
 * what the session asked. With tools, it also shows whether calls of them come back, and how fast the prompt was read.
 */
import { request } from "undici";
import { MAX_ANSWER_BYTES, readBounded } from "../../adapters/bounded-body.ts";
import type { ModelApi, Proof } from "../../ports/model-server.ts";
import { isLoginToken, LOGIN_BETA } from "../claude-code/login.ts";
import { rootOf } from "./address.ts";
import { readAnswer } from "./model-answer.ts";
import type { ServerAddress } from "./server-facts.ts";

export interface ProofOptions extends ServerAddress {
  readonly api: ModelApi;
  /** A tool is offered, and asked for. */
  readonly callsTool?: boolean;
  readonly limitMs?: number;
}

const LIMIT_MS = 30_000;
const OUTPUT_TOKENS = 256;
const question = "Call the tool Bash with the command: date";
const parameters = {
  type: "object",
  properties: { command: { type: "string" } },
  required: ["command"],
} as const;
const description = "Runs a command";

const paths: Readonly<Record<ModelApi, string>> = {
  messages: "/v1/messages",
  completions: "/v1/chat/completions",
};
const tools: Readonly<Record<ModelApi, object>> = {
  messages: { name: "Bash", description, input_schema: parameters },
  completions: { type: "function", function: { name: "Bash", description, parameters } },
};

export async function proveModel(options: ProofOptions): Promise<Proof> {
  const { baseUrl, model, api, callsTool = false, signal, limitMs = LIMIT_MS } = options;
  const limit = AbortSignal.timeout(limitMs);
  const body = {
    model,
    max_tokens: callsTool ? OUTPUT_TOKENS : 1,
    messages: [{ role: "user", content: question }],
    ...(callsTool && { tools: [tools[api]] }),
  };
  try {
    const startMs = performance.now();
    const answer = await request(`${rootOf(baseUrl)}${paths[api]}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...deriveHeaders(options) },
      body: JSON.stringify(body),
      headersTimeout: 0,
      bodyTimeout: 0,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    const contentType = String(answer.headers["content-type"] ?? "");
    const text = (await readBounded(answer.body, MAX_ANSWER_BYTES)) ?? "";
    const seconds = (performance.now() - startMs) / 1000;
    return judge({ status: answer.statusCode, contentType, text }, seconds);
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted)
      return fails("stalled", `the model's server did not answer within ${limitMs / 1000} s`);
    const { code, message } = error as NodeJS.ErrnoException;
    return fails("unreachable", `the model's server cannot be reached: ${code ?? message}`);
  }
}

function fails(fault: Extract<Proof, { works: false }>["fault"], reason: string): Proof {
  return { works: false, fault, reason };
}

function deriveHeaders({ key, api }: ProofOptions): Readonly<Record<string, string>> {
  const version = { "anthropic-version": "2023-06-01" };
  if (key === undefined) return version;
  if (api === "completions") return { authorization: `Bearer ${key}` };
  if (!isLoginToken(key)) return { ...version, "x-api-key": key };
  return { ...version, authorization: `Bearer ${key}`, "anthropic-beta": LOGIN_BETA };
}

function judge(answer: Parameters<typeof readAnswer>[0], seconds: number): Proof {
  const reading = readAnswer(answer);
  if (reading.type === "fault") {
    // Who finds fault with the form of a question is at work.
    if (reading.fault === "garbled" && answer.status >= 400 && answer.status < 500)
      return { works: true, callsTool: false, tokensPerSecond: undefined };
    return fails(reading.fault, reading.reason);
  }
  return {
    works: true,
    callsTool: /"type" ?: ?"tool_use"|"tool_calls" ?: ?\[ ?\{/.test(answer.text),
    tokensPerSecond: readSpeed(answer.text) ?? reading.usage.inputTokens / seconds,
  };
}

/** llama-server tells how fast it read the prompt. */
function readSpeed(text: string): number | undefined {
  const { timings } = JSON.parse(text) as { timings?: { prompt_per_second?: unknown } };
  const speed = timings?.prompt_per_second;
  return typeof speed === "number" ? speed : undefined;
}
