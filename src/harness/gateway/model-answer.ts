/** What a model's server answered, read for what it used and how it failed; both APIs that coding agents speak. Pure. */
import type { BackendFault, Usage } from "../../ports/harness.ts";

export interface ModelAnswer {
  readonly status: number;
  readonly contentType: string;
  /** The whole body. */
  readonly text: string;
  /** The question's. */
  readonly asked?: string;
}

export type ParsedAnswer =
  | {
      readonly type: "answer";
      readonly usage: Pick<Usage, "inputTokens" | "outputTokens">;
      readonly isEstimated: boolean;
    }
  | { readonly type: "fault"; readonly fault: BackendFault; readonly reason: string };

export function readAnswer({ status, contentType, text, asked = "" }: ModelAnswer): ParsedAnswer {
  if (status >= 400) return { type: "fault", ...classifyError(status, text) };
  const streamed = contentType.includes("event-stream");
  const events = streamed ? parseEvents(text) : [parse(text)].filter(isRecord);
  const error = events.map(errorOf).find((one) => one !== undefined && one !== null);
  if (error !== undefined)
    return { type: "fault", ...classifyError(statusOf(error), JSON.stringify(error)) };
  if (events.length === 0)
    return toGarbled(`an invalid answer: ${text.trim().slice(0, 80) || "nothing"}`);
  if (streamed && !isWhole(text, events)) return toGarbled("an incomplete answer");
  const usage = readUsage(events);
  if (usage.inputTokens + usage.outputTokens > 0)
    return { type: "answer", usage, isEstimated: false };
  return { type: "answer", usage: estimateUsage(asked, events), isEstimated: true };
}

/** Both APIs wrap it; llama-server does not where it breaks off an answer of Anthropic's API. */
function errorOf(event: Record<string, unknown>): unknown {
  const { error, code, message, type } = event;
  if (error !== undefined) return error;
  const isBare =
    typeof message === "string" && (typeof code === "number" || /_error$/.test(String(type)));
  return isBare ? event : undefined;
}

function toGarbled(reason: string): ParsedAnswer {
  return { type: "fault", fault: "garbled", reason: `the model's server gave ${reason}` };
}

const byStatus: Readonly<Record<number, BackendFault>> = {
  401: "refused-key",
  402: "refused-key",
  403: "refused-key",
  408: "overloaded",
  413: "context",
  429: "rate-limited",
};

function classifyError(status: number, text: string): { fault: BackendFault; reason: string } {
  const reason = `the model's server answered ${status}: ${messageOf(text)}`;
  const fault = byStatus[status];
  if (fault) return { fault, reason };
  if (status >= 500) return { fault: "overloaded", reason };
  // LiteLLM without a database has nowhere to look up a key that is not its own.
  if (text.includes('"no_db_connection"')) return { fault: "refused-key", reason };
  const isContext = /context|too long|too large|exceeds? the (available|maximum)/i.test(text);
  return { fault: isContext ? "context" : "garbled", reason };
}

function messageOf(text: string): string {
  const body = parse(text);
  const error = isRecord(body) ? (isRecord(body.error) ? body.error : body) : undefined;
  return String(error?.message ?? text.trim()).slice(0, 300);
}

/** An error in the midst of a stream says its class by a word or a number. */
function statusOf(error: unknown): number {
  const { type, code } = isRecord(error) ? error : {};
  if (typeof code === "number") return code;
  const byType: Readonly<Record<string, number>> = {
    authentication_error: 401,
    permission_error: 403,
    rate_limit_error: 429,
    invalid_request_error: 400,
    exceed_context_size_error: 413,
  };
  return byType[String(type)] ?? 529;
}

function parseEvents(text: string): readonly Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => parse(line.slice(5)))
    .filter(isRecord);
}

function isWhole(text: string, events: readonly Record<string, unknown>[]): boolean {
  if (/^data: ?\[DONE\]/m.test(text)) return true;
  return events.some(({ type, choices }) => {
    if (type === "message_stop") return true;
    return Array.isArray(choices) && choices.some((one) => isRecord(one) && one.finish_reason);
  });
}

/** Anthropic counts what was read from or written to a cache beside the input; together they are what went in. */
const inputKeys = [
  "input_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
  "prompt_tokens",
];
const outputKeys = ["output_tokens", "completion_tokens"];

/** Counts of later events replace those of earlier ones. */
function readUsage(
  events: readonly Record<string, unknown>[],
): Pick<Usage, "inputTokens" | "outputTokens"> {
  const counts = new Map(events.flatMap(countsOf));
  const sum = (keys: readonly string[]) =>
    keys.reduce((total, key) => total + (counts.get(key) ?? 0), 0);
  return { inputTokens: sum(inputKeys), outputTokens: sum(outputKeys) };
}

/** Four characters are a token or so: of no use for a bill, and better than an answer that took nothing. */
const CHARACTERS_OF_TOKEN = 4;

function estimateUsage(asked: string, events: readonly Record<string, unknown>[]) {
  const characters = events.map((event) => lengthOfText(event)).reduce((sum, one) => sum + one, 0);
  return {
    inputTokens: Math.ceil(asked.length / CHARACTERS_OF_TOKEN),
    outputTokens: Math.ceil(characters / CHARACTERS_OF_TOKEN),
  };
}

const saidKeys: ReadonlySet<string> = new Set([
  "content",
  "text",
  "reasoning_content",
  "thinking",
  "arguments",
  "partial_json",
  "input",
]);

/** All that a model says in an event, whichever API's it is. */
function lengthOfText(value: unknown, key = ""): number {
  if (typeof value === "string") return saidKeys.has(key) ? value.length : 0;
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [name, one]) => sum + lengthOfText(one, Array.isArray(value) ? key : name),
    0,
  );
}

/** Anthropic's first event wraps them in its message. */
function countsOf({
  usage,
  message,
}: Record<string, unknown>): readonly (readonly [string, number])[] {
  const counts = isRecord(usage) ? usage : isRecord(message) ? message.usage : undefined;
  return Object.entries(isRecord(counts) ? counts : {}).flatMap(([key, value]) =>
    typeof value === "number" ? [[key, value] as const] : [],
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
