/** Requests to Woodpecker's API, or to the local CI, which answers the same ones. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import type * as z from "zod";
import { readBounded } from "../../adapters/bounded-body.ts";
import { DisintoError } from "../../errors.ts";

/** One request to its API, whatever carries it. */
export interface CiRequests {
  get<T>(path: string, shape: z.ZodType<T>): Promise<T>;
  send(method: "GET" | "POST", path: string): Promise<{ status: number; text: string }>;
}

export interface CiAccess {
  /** An address; or the file: URL of a file that holds it, for a server that takes any free port. */
  readonly url: string;
  readonly token: string;
}

const LIMIT_MS = 30_000;
/** A log of a run is the longest. */
const MAX_ANSWER_BYTES = 64_000_000;

export class WoodpeckerHttp implements CiRequests {
  readonly #access: CiAccess;
  readonly #signal: AbortSignal | undefined;

  constructor(access: CiAccess, signal: AbortSignal | undefined) {
    this.#access = access;
    this.#signal = signal;
  }

  async get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    return parseAnswer(path, (await this.send("GET", path)).text, shape);
  }

  async send(method: "GET" | "POST", path: string): Promise<{ status: number; text: string }> {
    const overdue = AbortSignal.timeout(LIMIT_MS);
    const signal = this.#signal ? AbortSignal.any([this.#signal, overdue]) : overdue;
    let answer: { status: number; text: string };
    try {
      const response = await request(`${await this.#base()}/api${path}`, {
        method,
        headers: { authorization: `Bearer ${this.#access.token}` },
        signal,
      });
      const text = await readBounded(response.body, MAX_ANSWER_BYTES);
      if (text === undefined) throw new Error(`it is longer than ${MAX_ANSWER_BYTES} bytes`);
      answer = { status: response.statusCode, text };
    } catch (error) {
      if (this.#signal?.aborted)
        throw new DisintoError("interrupted", `${method} ${path} was interrupted`);
      throw unavailable(`no answer from the CI to ${method} ${path}`, error);
    }
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw unavailable(`the CI refused ${method} ${path} with ${answer.status}`, undefined);
  }

  /** What grows too large to hold; undefined: there is nothing. The limit is one of silence. */
  async stream(path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { statusCode, body } = await request(`${await this.#base()}/api${path}`, {
      headers: { authorization: `Bearer ${this.#access.token}` },
      ...(this.#signal && { signal: this.#signal }),
    });
    if (statusCode === 200) return body;
    await body.dump();
    return undefined;
  }

  async #base(): Promise<string> {
    const { url } = this.#access;
    if (!url.startsWith("file:")) return url.replace(/\/$/, "");
    return (await readFile(fileURLToPath(url), "utf8")).trim();
  }
}

export function parseAnswer<T>(path: string, text: string, shape: z.ZodType<T>): T {
  const parsed = shape.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new DisintoError("ci.unavailable", `the answer to ${path} is not Woodpecker's`, {
    hint: "check that WOODPECKER_HOST names a Woodpecker, and that WOODPECKER_TOKEN is its user's",
  });
}

function unavailable(message: string, cause: unknown): DisintoError {
  return new DisintoError("ci.unavailable", message, {
    hint: "check that the CI is running (disinto status) and that its token is right",
    cause,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
