/**
 * A model's server that says what a script says: Anthropic's Messages, OpenAI's chat completions and the pages of
 * llama-server. It records every request, counts what it used, and fails in every way in which such servers fail.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import {
  formatCount,
  formatMessage,
  formatMessagesError,
  type MessagesRequest,
  type ModelReply,
  readMessages,
  streamMessage,
} from "./anthropic.ts";
import {
  type CompletionRequest,
  formatCompletion,
  formatCompletionError,
  readCompletion,
  streamCompletion,
} from "./openai.ts";
import {
  type Answer,
  chooseAnswer,
  countTokens,
  type Fault,
  type ModelRequest,
  type Script,
  toToolCall,
} from "./script.ts";

interface Recorded {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

interface Stats {
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly running: number;
  readonly mostAtOnce: number;
}

interface Api {
  readonly read: (body: never) => ModelRequest;
  readonly whole: (said: ModelReply) => unknown;
  readonly stream: (said: ModelReply, asksUsage: boolean) => readonly string[];
  readonly error: (status: number, message: string) => unknown;
}

const messages: Api = {
  read: readMessages,
  whole: formatMessage,
  stream: streamMessage,
  error: formatMessagesError,
};
const completions: Api = {
  read: readCompletion,
  whole: formatCompletion,
  stream: streamCompletion,
  error: formatCompletionError,
};

export class ModelServer {
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly requests: Recorded[] = [];
  script: Script;
  /** The fault of every answer, until it is removed again. */
  fault: Fault | undefined;
  #held: Promise<void> | undefined;
  #free: () => void = () => undefined;
  #stats = { turns: 0, inputTokens: 0, outputTokens: 0, running: 0, mostAtOnce: 0 };

  private constructor(script: Script) {
    this.script = script;
  }

  static async start(script: Script, port = 0): Promise<ModelServer> {
    const own = new ModelServer(script);
    await new Promise<void>((resolve, reject) => {
      own.#server.once("error", reject).listen(port, "127.0.0.1", resolve);
    });
    return own;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get stats(): Stats {
    return { ...this.#stats };
  }

  /** Requests are taken and counted, and answered only after `release`. */
  hold(): void {
    this.#held ??= new Promise((resolve) => {
      this.#free = resolve;
    });
  }

  release(): void {
    this.#free();
    this.#held = undefined;
  }

  reset(): void {
    this.requests.length = 0;
    this.fault = undefined;
    this.#stats = { ...this.#stats, turns: 0, inputTokens: 0, outputTokens: 0, mostAtOnce: 0 };
  }

  async close(): Promise<void> {
    this.release();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://model");
    const body = await readBody(request);
    try {
      if (pathname.startsWith("/admin/")) this.#administer(pathname.slice(7), body, response);
      else if (pathname === "/v1/messages/count_tokens")
        send(response, 200, formatCount(body as MessagesRequest));
      else if (pathname === "/v1/messages")
        await this.#speak(request, response, { body, api: messages });
      else if (/^(\/v1)?\/chat\/completions$/.test(pathname))
        await this.#speak(request, response, { body, api: completions });
      else this.#tell(pathname, response);
    } catch (error) {
      send(response, 500, { error: { message: String(error) } });
    }
  }

  async #speak(
    request: IncomingMessage,
    response: ServerResponse,
    { body, api }: { readonly body: unknown; readonly api: Api },
  ): Promise<void> {
    this.requests.push({ path: request.url ?? "", headers: request.headers, body });
    if (!this.#admits(request)) return send(response, 401, api.error(401, "invalid x-api-key"));
    this.#stats.running += 1;
    this.#stats.mostAtOnce = Math.max(this.#stats.mostAtOnce, this.#stats.running);
    response.once("close", () => {
      this.#stats.running -= 1;
    });
    await this.#held;
    const asked = api.read(body as never);
    const answer = chooseAnswer(this.script, asked);
    if (!this.fault && answer.delayMs !== undefined) await wait(answer.delayMs);
    const { model, stream } = body as MessagesRequest | CompletionRequest;
    const said = this.#say(answer, asked, { model, length: JSON.stringify(body).length });
    const fault = this.fault ?? answer.fault;
    if (fault) return fail(response, fault, { api, said });
    this.#stats.turns += 1;
    this.#stats.inputTokens += said.inputTokens;
    this.#stats.outputTokens += said.outputTokens;
    if (!stream) return send(response, 200, api.whole(said));
    response.writeHead(200, { "content-type": "text/event-stream" });
    const { stream_options: options } = body as CompletionRequest;
    for (const event of api.stream(said, options?.include_usage === true)) response.write(event);
    response.end();
  }

  #say(
    answer: Answer,
    asked: ModelRequest,
    { model, length }: { model: string; length: number },
  ): ModelReply {
    const calls = (answer.acts ?? []).map((act) => toToolCall(act, asked));
    return {
      id: `${this.requests.length}_${asked.answers.length}`,
      model,
      text: answer.text,
      calls,
      inputTokens: countTokens("x".repeat(length)),
      outputTokens: countTokens(`${answer.text ?? ""}${JSON.stringify(calls)}`),
    };
  }

  #admits({ headers }: IncomingMessage): boolean {
    const { key } = this.script;
    return (
      key === undefined || [headers["x-api-key"], headers.authorization?.slice(7)].includes(key)
    );
  }

  /** The pages of llama-server. */
  #tell(pathname: string, response: ServerResponse): void {
    const { slots = 1, context = 131_072, model = "default" } = this.script;
    const pages: Readonly<Record<string, unknown>> = {
      "/health": { status: "ok" },
      "/props": {
        total_slots: slots,
        model_path: model,
        default_generation_settings: { n_ctx: context },
      },
      "/slots": Array.from({ length: slots }, (_, id) => {
        return { id, n_ctx: context, is_processing: id < this.#stats.running };
      }),
      "/v1/models": { object: "list", data: [{ id: model, object: "model", owned_by: "script" }] },
    };
    if (pathname in pages) send(response, 200, pages[pathname]);
    else send(response, 404, { error: { code: 404, message: "File Not Found" } });
  }

  #administer(act: string, body: unknown, response: ServerResponse): void {
    if (act === "script") this.script = body as Script;
    else if (act === "fault") this.fault = (body as Fault | null) ?? undefined;
    else if (act === "hold") this.hold();
    else if (act === "release") this.release();
    else if (act === "reset") this.reset();
    const pages: Readonly<Record<string, unknown>> = { requests: this.requests };
    send(response, 200, pages[act] ?? this.stats);
  }
}

function fail(
  response: ServerResponse,
  fault: Fault,
  { api, said }: { api: Api; said: ModelReply },
) {
  if (fault.type === "status") {
    const headers = fault.status === 429 ? { "retry-after": "1" } : {};
    const error = api.error(fault.status, fault.message ?? "as scripted");
    return send(response, { status: fault.status, headers }, error);
  }
  if (fault.type === "context") {
    const message = `prompt is too long: ${said.inputTokens} tokens > ${said.inputTokens - 1} maximum`;
    return send(response, 400, api.error(400, message));
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (fault.type === "garbage") return void response.end("<html><body>It works!</body></html>\n");
  const [first = ""] = api.stream(said, false);
  response.write(first, () => {
    if (fault.type === "drop") response.destroy();
    if (fault.type === "cut") response.end();
  });
}

function send(
  response: ServerResponse,
  status: number | { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  body: unknown,
): void {
  const { status: code, headers } = typeof status === "number" ? { status, headers: {} } : status;
  response.writeHead(code, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? null : (JSON.parse(text) as unknown);
}
