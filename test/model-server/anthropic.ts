/** Anthropic's Messages API, as much of it as coding agents use. */
import { countTokens, type ModelRequest, type ScriptedAnswer, type ToolCall } from "./script.ts";

type Block = Readonly<Record<string, unknown>> & { readonly type?: string; readonly text?: string };

export interface MessagesRequest {
  readonly model: string;
  readonly stream?: boolean;
  readonly system?: unknown;
  readonly messages: readonly { readonly role: string; readonly content: string | Block[] }[];
  readonly tools?: readonly {
    readonly name: string;
    readonly input_schema?: { readonly properties?: Readonly<Record<string, unknown>> };
  }[];
}

export function readMessages({ system, messages, tools = [] }: MessagesRequest): ModelRequest {
  const first = messages.find(({ role }) => role === "user");
  return {
    firstUser: textOf(first?.content ?? ""),
    answers: messages.filter(({ role }) => role === "assistant").map(readAnswer),
    tools: tools.map(({ name, input_schema }) => {
      return { name, parameters: Object.keys(input_schema?.properties ?? {}) };
    }),
    text: `${textOf(system as string | Block[] | undefined)}\n${messages.map(({ content }) => textOf(content)).join("\n")}`,
  };
}

function readAnswer({ content }: { readonly content: string | Block[] }): ScriptedAnswer {
  const acts = typeof content !== "string" && content.some(({ type }) => type === "tool_use");
  return { text: textOf(content), acts };
}

function textOf(content: string | readonly Block[] = ""): string {
  if (typeof content === "string") return content;
  return content
    .map((block) => block.text ?? textOf((block as { content?: string | Block[] }).content))
    .join("\n");
}

export interface ModelReply {
  readonly id: string;
  readonly model: string;
  readonly text: string | undefined;
  readonly calls: readonly ToolCall[];
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export function formatMessage(said: ModelReply): unknown {
  return {
    ...beginning(said),
    content: blocksOf(said),
    stop_reason: said.calls.length > 0 ? "tool_use" : "end_turn",
    usage: { input_tokens: said.inputTokens, output_tokens: said.outputTokens },
  };
}

function beginning({ id, model, inputTokens }: ModelReply) {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [] as unknown[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage: { input_tokens: inputTokens, output_tokens: 1 },
  };
}

function blocksOf({ id, text, calls }: ModelReply) {
  return [
    ...(text === undefined ? [] : [{ type: "text", text }]),
    ...calls.map(({ name, input }, n) => ({
      type: "tool_use",
      id: `toolu_${id}_${n}`,
      name,
      input,
    })),
  ];
}

/** One string per event, in the order in which they are sent. */
export function streamMessage(said: ModelReply): readonly string[] {
  const blocks = blocksOf(said).flatMap((block, index) => {
    const [start, delta] =
      "text" in block
        ? [
            { type: "text", text: "" },
            { type: "text_delta", text: block.text },
          ]
        : [
            { ...block, input: {} },
            { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
          ];
    return [
      { type: "content_block_start", index, content_block: start },
      { type: "content_block_delta", index, delta },
      { type: "content_block_stop", index },
    ];
  });
  const stop_reason = said.calls.length > 0 ? "tool_use" : "end_turn";
  return [
    { type: "message_start", message: beginning(said) },
    ...blocks,
    {
      type: "message_delta",
      delta: { stop_reason, stop_sequence: null },
      usage: { output_tokens: said.outputTokens },
    },
    { type: "message_stop" },
  ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

export function formatMessagesError(status: number, message: string): unknown {
  const types: Readonly<Record<number, string>> = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
    529: "overloaded_error",
  };
  return { type: "error", error: { type: types[status] ?? "api_error", message } };
}

export function formatCount(request: MessagesRequest): unknown {
  return { input_tokens: countTokens(JSON.stringify(request)) };
}
