/**
 * The way from an agent to its model. The agent is given this address and a word for this session only; the key is put
 * in here, so that no program of the session can read it. Passing by, it counts what the model used, holds the session
 * to its limits before the next turn, and sees for itself how a server fails.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { request as send } from "undici";
import { readBounded } from "../../adapters/bounded-body.ts";
import { buildDispatcher } from "../../adapters/outgoing-proxy.ts";
import type { BackendFault } from "../../ports/harness.ts";
import { isLoginToken, LOGIN_BETA } from "../claude-code/login.ts";
import { formatMinutes } from "../session/process-fault.ts";
import { rootOf } from "./address.ts";
import { sendError } from "./error-response.ts";
import { readAnswer } from "./model-answer.ts";
import { type ModelRequest, readModelRequest } from "./model-paths.ts";
import { type PromptWatchOptions, watchPrompt } from "./prompt-watch.ts";
import { Relay } from "./relay.ts";
import { addUsageOptions } from "./usage-options.ts";

export interface GatewayOptions {
  /** The URL, with or without the `/v1` that some agents want and others add. */
  readonly baseUrl: string;
  readonly key: string | undefined;
  /** Takes out of what is asked whatever no model may know, wherever the agent found it. */
  readonly redact: (text: string) => string;
  /** Asked before each turn; a text refuses it. */
  readonly admit: () => Promise<string | undefined>;
  /** How a server shows that it reads; undefined: nobody asks it. */
  readonly watch?: Pick<PromptWatchOptions, "kind" | "model" | "firstTokenMs"> | undefined;
  /** Awaited after each answer that was counted, with what the session has used so far. */
  readonly onTurn?: (used: Pick<GatewayStats, "inputTokens" | "outputTokens">) => Promise<void>;
  /** The model's server is at work. */
  readonly onActivity: () => void;
  /** This many failures one after another, or of one kind in all, whatever the agent's own patience. */
  readonly onFaults: () => void;
}

export interface GatewayStats {
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Some answers did not say what they used. */
  readonly isEstimated: boolean;
  /** The fault of the last answer, if it was not a valid one. */
  readonly fault: { readonly fault: BackendFault; readonly reason: string } | undefined;
  /** An answer is awaited. */
  readonly isWaiting: boolean;
  readonly requests: number;
}

const MAX_FAULTS = 3;
/** They pass by themselves, so an answer between them begins their count anew. */
const transient: ReadonlySet<BackendFault> = new Set([
  "overloaded",
  "rate-limited",
  "unreachable",
  "stalled",
]);
const MAX_ERROR_CHARACTERS = 100_000;
const MAX_QUESTION_BYTES = 64_000_000;

export class ModelGateway {
  readonly #options: GatewayOptions;
  readonly #server: Server = createServer(
    (request, response) => void this.#pass(request, response),
  );
  // The limits of a session end a slow answer; a local model may read a long prompt for many minutes.
  readonly #agent = buildDispatcher({ headersTimeout: 0, bodyTimeout: 0, connectTimeout: 10_000 });
  readonly #word = randomUUID();
  #seen = { turns: 0, inputTokens: 0, outputTokens: 0, requests: 0, isEstimated: false };
  #fault: GatewayStats["fault"];
  #faults = 0;
  /** How often each refusal came, whatever came between. */
  readonly #refusals = new Map<string, number>();
  #waiting = 0;

  private constructor(options: GatewayOptions) {
    this.#options = options;
  }

  static async open(options: GatewayOptions): Promise<ModelGateway> {
    const gateway = new ModelGateway(options);
    await new Promise<void>((resolve, reject) => {
      gateway.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the agent shows instead of a key. */
  get sessionKey(): string {
    return this.#word;
  }

  get stats(): GatewayStats {
    return { ...this.#seen, fault: this.#fault, isWaiting: this.#waiting > 0 };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#knows(request)) {
      sendError(response, 401, "invalid session key");
      return;
    }
    const asked = readModelRequest(request.method ?? "", request.url ?? "");
    if (!asked) {
      sendError(
        response,
        404,
        "a session asks its model for turns, counts and names, nothing else",
      );
      return;
    }
    const refusal = asked.isTurn ? await this.#options.admit() : undefined;
    if (refusal !== undefined) {
      sendError(response, 403, refusal);
      return;
    }
    if (asked.isTurn) this.#seen.requests += 1;
    this.#waiting += 1;
    try {
      await this.#exchange(request, response, asked);
    } catch (error) {
      this.#breakOff(response, error);
    } finally {
      this.#waiting -= 1;
    }
  }

  #knows({ headers }: IncomingMessage): boolean {
    return headers["x-api-key"] === this.#word || headers.authorization === `Bearer ${this.#word}`;
  }

  #breakOff(response: ServerResponse, error: unknown): void {
    // An agent that is gone says nothing about the server.
    if (!response.destroyed) this.#note("unreachable", describeFailure(error));
    if (response.headersSent) response.destroy();
    else sendError(response, 502, "the model's server cannot be reached");
  }

  async #exchange(
    request: IncomingMessage,
    response: ServerResponse,
    { target, isTurn }: ModelRequest,
  ): Promise<void> {
    const question = await readBounded(request, MAX_QUESTION_BYTES);
    if (question === undefined) {
      sendError(response, 413, "the request is too large");
      return;
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const asked = this.#options.redact(question);
    const { watch } = this.#options;
    const wantsProgress = watch !== undefined && watch.kind !== "other";
    const { body, addsUsage } = isTurn
      ? addUsageOptions(asked, target, { wantsProgress })
      : { body: asked, addsUsage: false };
    const stopWatch = isTurn ? this.#watch(() => gone.abort()) : () => undefined;
    try {
      const answer = await send(`${rootOf(this.#options.baseUrl)}${target}`, {
        method: request.method as "POST",
        headers: this.#headersOf(request),
        body: body || null,
        dispatcher: this.#agent,
        signal: gone.signal,
      });
      await this.#passOn(answer, response, { isTurn, addsUsage, asked, onFirst: stopWatch });
    } finally {
      stopWatch();
    }
  }

  async #passOn(
    answer: Awaited<ReturnType<typeof send>>,
    response: ServerResponse,
    { isTurn, asked, addsUsage, onFirst }: PassedRequest,
  ): Promise<void> {
    const contentType = String(answer.headers["content-type"] ?? "");
    const passed = ["content-type", "retry-after", "request-id"].flatMap((name) => {
      const value = answer.headers[name];
      return value === undefined ? [] : [[name, this.#options.redact(String(value))] as const];
    });
    const isError = answer.statusCode >= 400;
    response.writeHead(answer.statusCode, Object.fromEntries(passed));
    const isStream = contentType.includes("event-stream");
    const relay = new Relay({
      isStream,
      onFirst,
      hidesUsage: addsUsage,
      onProgress: this.#options.onActivity,
    });
    for await (const chunk of answer.body) {
      const text = relay.take(chunk as Buffer);
      // What a model says goes on as it came; what a server complains of may quote the key.
      if (!isError) response.write(text);
    }
    const rest = relay.end();
    const errorText = isError
      ? this.#options.redact(relay.text).slice(0, MAX_ERROR_CHARACTERS)
      : relay.text;
    if (isTurn && this.#read({ status: answer.statusCode, contentType, text: errorText, asked }))
      await this.#options.onTurn?.(this.#seen);
    response.end(isError ? errorText : rest);
  }

  /** From the question to the first word of the answer. */
  #watch(giveUp: () => void): () => void {
    const { baseUrl, key, watch, onActivity } = this.#options;
    if (!watch) return () => undefined;
    return watchPrompt({
      ...watch,
      baseUrl,
      key,
      onProgress: onActivity,
      onLate: () => {
        const minutes = formatMinutes(watch.firstTokenMs ?? 0);
        this.#note("stalled", `the model's server had said nothing after ${minutes}`);
        this.#options.onFaults();
        giveUp();
      },
    });
  }

  /** Before the agent sees the end of an answer, so that its next turn is judged by it. */
  #read(answer: Parameters<typeof readAnswer>[0]): boolean {
    const reading = readAnswer(answer);
    if (reading.type === "fault") {
      this.#note(reading.fault, reading.reason);
      return false;
    }
    this.#fault = undefined;
    this.#faults = 0;
    this.#seen.turns += 1;
    this.#seen.inputTokens += reading.usage.inputTokens;
    this.#seen.outputTokens += reading.usage.outputTokens;
    this.#seen.isEstimated ||= reading.isEstimated;
    return true;
  }

  #note(fault: BackendFault, reason: string): void {
    this.#fault = { fault, reason: this.#options.redact(reason) };
    this.#faults += 1;
    const times = transient.has(fault) ? 0 : this.#countRefusal(fault, reason);
    if (Math.max(this.#faults, times) >= MAX_FAULTS) this.#options.onFaults();
  }

  /** How often the server gave this reason in the session, whatever succeeded between. */
  #countRefusal(fault: BackendFault, reason: string): number {
    const refusal = `${fault} ${reason.replace(/\d+/g, "#")}`;
    const times = (this.#refusals.get(refusal) ?? 0) + 1;
    this.#refusals.set(refusal, times);
    return times;
  }

  #headersOf({ headers }: IncomingMessage): Record<string, string | string[]> {
    const { host, connection, authorization, "x-api-key": shownKey, ...kept } = headers;
    const { "anthropic-beta": beta } = headers;
    const dropped = ["accept-encoding", "content-length", "transfer-encoding", "expect"];
    const passed = Object.entries(kept).flatMap(([name, value]) =>
      value === undefined || dropped.includes(name) ? [] : [[name, value] as const],
    );
    const { key } = this.#options;
    const proof = (): Record<string, string> => {
      if (key === undefined) return {};
      if (shownKey === undefined) return { authorization: `Bearer ${key}` };
      if (!isLoginToken(key)) return { "x-api-key": key };
      const betas = [beta ?? [], LOGIN_BETA].flat().join(",");
      return { authorization: `Bearer ${key}`, "anthropic-beta": betas };
    };
    return { ...Object.fromEntries(passed), ...proof() };
  }
}

interface PassedRequest {
  readonly isTurn: boolean;
  /** What was asked, for an estimate where the answer says no counts. */
  readonly asked: string;
  readonly addsUsage: boolean;
  readonly onFirst: () => void;
}

function describeFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return `the model's server cannot be reached: ${code ?? message}`;
}
