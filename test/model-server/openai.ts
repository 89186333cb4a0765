/** OpenAI's chat completions, as much of them as coding agents use. */
import type { ModelReply } from "./anthropic.ts";
import type { ModelRequest } from "./script.ts";

type Content = string | readonly { readonly text?: string }[] | null | undefined;

export interface CompletionRequest {
  readonly model: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly messages: readonly {
    readonly role: string;
    readonly content?: Content;
    readonly tool_calls?: readonly unknown[];
  }[];
  readonly tools?: readonly {
    readonly function: {
      readonly name: string;
      readonly parameters?: { readonly properties?: Readonly<Record<string, unknown>> };
    };
  }[];
}

export function readCompletion({ messages, tools = [] }: CompletionRequest): ModelRequest {
  return {
    firstUser: textOf(messages.find(({ role }) => role === "user")?.content),
    answers: messages
      .filter(({ role }) => role === "assistant")
      .map(({ content, tool_calls = [] }) => {
        return { text: textOf(content), acts: tool_calls.length > 0 };
      }),
    tools: tools.map(({ function: { name, parameters } }) => {
      return { name, parameters: Object.keys(parameters?.properties ?? {}) };
    }),
    text: messages.map(({ content }) => textOf(content)).join("\n"),
  };
}

function textOf(content: Content): string {
  if (typeof content === "string") return content;
  return (content ?? []).map(({ text = "" }) => text).join("\n");
}

export function formatCompletion(said: ModelReply): unknown {
  return {
    ...headOf(said, "chat.completion"),
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: said.text ?? null, ...callsOf(said) },
        finish_reason: finishOf(said),
      },
    ],
    usage: usageOf(said),
  };
}

/** One string per event, in the order in which they are sent. */
/** Counts come only where they are asked for, in an event of their own, as a real server sends them. */
export function streamCompletion(said: ModelReply, asksUsage: boolean): readonly string[] {
  const head = headOf(said, "chat.completion.chunk");
  const chunk = (delta: object, finish_reason: string | null = null) => {
    return { ...head, choices: [{ index: 0, delta, finish_reason }] };
  };
  const chunks = [
    chunk({ role: "assistant", content: "" }),
    ...(said.text === undefined ? [] : [chunk({ content: said.text })]),
    ...(said.calls.length === 0 ? [] : [chunk(callsOf(said))]),
    chunk({}, finishOf(said)),
    ...(asksUsage ? [{ ...head, choices: [], usage: usageOf(said) }] : []),
  ];
  return [...chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`), "data: [DONE]\n\n"];
}

function headOf({ id, model }: ModelReply, object: string) {
  return { id: `chatcmpl-${id}`, object, created: 1_700_000_000, model };
}

function callsOf({ id, calls }: ModelReply) {
  if (calls.length === 0) return {};
  return {
    tool_calls: calls.map(({ name, input }, index) => ({
      index,
      id: `call_${id}_${index}`,
      type: "function",
      function: { name, arguments: JSON.stringify(input) },
    })),
  };
}

function finishOf({ calls }: ModelReply): string {
  return calls.length > 0 ? "tool_calls" : "stop";
}

function usageOf({ inputTokens, outputTokens }: ModelReply) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

/** As llama-server words them. */
export function formatCompletionError(status: number, message: string): unknown {
  const types: Readonly<Record<number, string>> = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
    503: "unavailable_error",
  };
  return { error: { code: status, message, type: types[status] ?? "server_error" } };
}
