/** llama-server's own facts: GET /props, beside its API (llama.cpp, tools/server/README.md). */
import { request } from "undici";
import * as z from "zod";
import { DisintoError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ModelServer } from "../../ports/model-server.ts";

interface LlamaServerOptions {
  /** Of the model's API, with or without `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** How long an answer holds: a server that was restarted with other slots is noticed. */
const REMEMBERED_MS = 5 * 60_000;
const LIMIT_MS = 10_000;

const Props = z.object({ total_slots: z.int().positive() });

export function buildLlamaServer(options: LlamaServerOptions): ModelServer {
  let known: { readonly slots: number | undefined; readonly atMs: number } | undefined;
  return {
    countSlots: async () => {
      const nowMs = options.clock.monotonicMs();
      if (known && nowMs - known.atMs < REMEMBERED_MS) return known.slots;
      try {
        known = { slots: await askSlots(options), atMs: nowMs };
      } catch (error) {
        // A server that is away has not lost its slots; who knows them needs no answer to wait for one.
        if (!known || !(error instanceof DisintoError)) throw error;
      }
      return known.slots;
    },
  };
}

async function askSlots({ baseUrl, apiKey, signal }: LlamaServerOptions) {
  const url = `${baseUrl.replace(/\/(v1\/?)?$/, "")}/props`;
  const { statusCode, text } = await ask(url, apiKey, signal);
  // Only llama-server has this page; another server may take as many sessions as it likes.
  if (statusCode === 404) return undefined;
  if (statusCode !== 200) throw toUnansweredError(url, `it answers ${statusCode}`);
  try {
    return Props.safeParse(JSON.parse(text)).data?.total_slots;
  } catch {
    return undefined;
  }
}

async function ask(url: string, apiKey: string | undefined, signal: AbortSignal | undefined) {
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    const answer = await request(url, {
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    return { statusCode: answer.statusCode, text: await answer.body.text() };
  } catch (error) {
    throw toUnansweredError(url, error instanceof Error ? error.message : String(error));
  }
}

function toUnansweredError(url: string, why: string): DisintoError {
  return new DisintoError(
    "model.unavailable",
    `the model's server does not report its slots at ${url}: ${why}`,
    {
      hint: "bots wait by themselves; check that the server is running, or set slots in the bot's section",
    },
  );
}
