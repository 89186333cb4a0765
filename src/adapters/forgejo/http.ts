/** HTTP to Forgejo's REST API: one place that knows paths' base, credentials, paging and what each failure means. */
// Not the built-in fetch: on Node 20 it never settles when a server closes a connection as soon as it is made,
// as Docker's port proxy does while the service behind it is starting.
import { request } from "undici";
import * as z from "zod";
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import { readBounded } from "../bounded-body.ts";
import { systemClock } from "../system-clock.ts";
import { classify, classifyNoAnswer, isTransient, parseJson } from "./failures.ts";
import { type Part, readPages } from "./pages.ts";
import type { SlowAnswers } from "./slow-answers.ts";

type Authorization =
  | { readonly token: string }
  | { readonly login: string; readonly password: string };

interface Connection {
  readonly url: string;
  /** An administrator asks as this user (routers/api/v1/api.go sudo). */
  readonly sudo?: string | undefined;
  readonly proof: Authorization | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onRequest?: (() => void) | undefined;
  /** Passes every text in a body; absent where bodies carry passwords. */
  readonly redact?: ((text: string) => string) | undefined;
  readonly clock?: Clock;
  /** How often a request that is safe to repeat is sent at most. */
  readonly attempts?: number;
  /** The time limit of one attempt to read. Writes have the longer default limit, since they are not repeated. */
  readonly readLimitMs?: number | undefined;
  /** With it nothing more is asked of a forge that has become too slow. */
  readonly pace?: SlowAnswers | undefined;
}

interface SendOptions {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  /** Statuses that are an answer here, not a failure. */
  readonly expect?: readonly number[];
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The time limit of one attempt, from the first byte sent to the last one read. */
const ATTEMPT_LIMIT_MS = 30_000;
/** The time limit of a request with its retries; no new attempt begins after it. */
const REQUEST_LIMIT_MS = 60_000;
const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
const MAX_ANSWER_BYTES = 32_000_000;
export class ForgejoHttp {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    return this.#decode(path, shape, await this.send(path));
  }

  /** Undefined when the forge says 404, or whatever stands for that. */
  async find<T>(path: string, shape: z.ZodType<T>, absent = 404): Promise<T | undefined> {
    const answer = await this.send(path, { expect: [absent] });
    return answer.status === absent ? undefined : this.#decode(path, shape, answer);
  }

  async write<T>(path: string, sending: SendOptions, shape: z.ZodType<T>): Promise<T> {
    return this.#decode(path, shape, await this.send(path, sending));
  }

  /** Every page, in the forge's order. */
  async list<T>(path: string, shape: z.ZodType<T>): Promise<readonly T[]> {
    const all = await readPages((part) => this.#page(path, part, shape));
    if (all) return all;
    throw new DisintoError("forge.too-large", `the forge's list ${path} does not end`);
  }

  /** Answers undefined for a page that is longer than an answer may be. */
  async #page<T>(path: string, { size, offset }: Part, shape: z.ZodType<T>) {
    const page = `page=${offset / size + 1}&limit=${size}`;
    try {
      return await this.get(`${path}${path.includes("?") ? "&" : "?"}${page}`, z.array(shape));
    } catch (error) {
      if (error instanceof DisintoError && error.code === "forge.too-large") return undefined;
      throw error;
    }
  }

  /** Only a GET is repeated: of anything else nobody knows whether it was done. */
  async send(path: string, sending: SendOptions = {}): Promise<Answer> {
    const { clock = systemClock, attempts = MAX_ATTEMPTS, signal } = this.#connection;
    const startMs = clock.monotonicMs();
    const limit = (sending.method ?? "GET") === "GET" ? attempts : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(path, sending);
      } catch (error) {
        const spentMs = clock.monotonicMs() - startMs;
        if (attempt >= limit || spentMs > REQUEST_LIMIT_MS || !isTransient(error)) throw error;
        await clock.sleep(pauseMs(attempt), signal);
      }
    }
  }

  async #attempt(
    path: string,
    { method = "GET", body, expect = [] }: SendOptions,
  ): Promise<Answer> {
    const { url, signal, onRequest } = this.#connection;
    const limitMs = this.#limitOf(method);
    this.#requirePace();
    onRequest?.();
    const startMs = performance.now();
    const overdue = AbortSignal.timeout(limitMs);
    try {
      const response = await request(`${url}/api/v1${path}`, {
        method,
        headers: {
          ...this.#headers(),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: this.#encode(body) }),
        signal: signal ? AbortSignal.any([signal, overdue]) : overdue,
      });
      const answer = { status: response.statusCode, text: await this.#read(response.body) };
      this.#connection.pace?.note(performance.now() - startMs);
      if (isOk(answer) || expect.includes(answer.status)) return answer;
      throw classify(`${method} ${path}`, answer);
    } catch (error) {
      if (error instanceof DisintoError) throw error;
      if (signal?.aborted)
        throw new DisintoError("interrupted", `${method} ${path} was interrupted`);
      const overdueMs = overdue.aborted ? limitMs : undefined;
      throw classifyNoAnswer({ url, error, overdueMs });
    }
  }

  /** Whatever a forge holds that somebody filed: an answer that no memory takes is a failure of this request alone. */
  async #read(body: AsyncIterable<unknown>): Promise<string> {
    const text = await readBounded(body, MAX_ANSWER_BYTES);
    if (text !== undefined) return text;
    throw new DisintoError(
      "forge.too-large",
      `the forge's answer has more than ${MAX_ANSWER_BYTES} bytes`,
    );
  }

  /** Before a request, so that no answer is lost. */
  #requirePace(): void {
    const { url, pace } = this.#connection;
    const complaint = pace?.slowReason();
    if (complaint)
      throw classifyNoAnswer({ url, error: new Error(complaint), overdueMs: undefined });
  }

  #limitOf(method: SendOptions["method"]): number {
    const { readLimitMs = ATTEMPT_LIMIT_MS } = this.#connection;
    return method === "GET" ? readLimitMs : ATTEMPT_LIMIT_MS;
  }

  #encode(body: unknown): string {
    const { redact = (text) => text } = this.#connection;
    return JSON.stringify(body, (_, value: unknown) =>
      typeof value === "string" ? redact(value) : value,
    );
  }

  #headers(): Record<string, string> {
    const { proof, sudo } = this.#connection;
    if (!proof) return {};
    if ("token" in proof) return { authorization: `token ${proof.token}` };
    const pair = Buffer.from(`${proof.login}:${proof.password}`).toString("base64");
    return { authorization: `Basic ${pair}`, ...(sudo !== undefined && { sudo }) };
  }

  #decode<T>(path: string, shape: z.ZodType<T>, { text }: Answer): T {
    const parsed = shape.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new DisintoError(
      "forge.not-forgejo",
      `the answer to ${path} is not Forgejo's: ${z.prettifyError(parsed.error)}`,
      { hint: "check that FORGE_URL names a Forgejo, not another server or a proxy" },
    );
  }
}

/** Doubling, and spread over its whole length, so that bots which failed together do not come back together. */
function pauseMs(attempt: number): number {
  return FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
}

function isOk({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}
