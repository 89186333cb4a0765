/**
 * What a model's server says of itself, asked in one order: /props, which only llama-server has (llama.cpp,
 * tools/server/README.md); then /v1/models, which all have, and where vLLM says `max_model_len`. Ollama, LM Studio and
 * LiteLLM say names alone there, so for them the operator's word counts.
 */
import { request } from "undici";
import * as z from "zod";
import { MAX_ANSWER_BYTES, readBounded } from "../../adapters/bounded-body.ts";
import { DisintoError } from "../../errors.ts";
import type { ServerFacts } from "../../ports/model-server.ts";
import { rootOf } from "./address.ts";

export interface ServerAddress {
  /** With or without `/v1`. */
  readonly baseUrl: string;
  readonly key: string | undefined;
  /** The model that is asked for. */
  readonly model: string;
  readonly signal?: AbortSignal | undefined;
}

const LIMIT_MS = 10_000;

const Props = z.object({
  role: z.optional(z.string()),
  total_slots: z.optional(z.int().positive()),
  default_generation_settings: z.optional(z.object({ n_ctx: z.int().nonnegative() })),
});
const Models = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      max_model_len: z.optional(z.int().positive()),
      meta: z.nullish(z.object({ n_ctx: z.optional(z.int().positive()) })),
    }),
  ),
});

/** Throws `model.unavailable` where nothing answers, or where it says that it cannot yet. */
export async function readServerFacts(server: ServerAddress): Promise<ServerFacts> {
  const props = await readPage(server, "/props", Props);
  const models = await readPage(server, "/v1/models", Models);
  const names = models?.data.map(({ id }) => id) ?? [];
  if (props?.role === "router") {
    // The router's own page says nothing of any model; this one may have it load the model first.
    const own = await readPage(server, `/props?model=${encodeURIComponent(server.model)}`, Props);
    return { kind: "router", ...toCapacity(own), models: names };
  }
  if (props?.total_slots !== undefined)
    return { kind: "llama-server", ...toCapacity(props), models: names };
  const asked = models?.data.find(({ id }) => id === server.model);
  const one = asked ?? (models?.data.length === 1 ? models.data[0] : undefined);
  const context = one?.max_model_len ?? one?.meta?.n_ctx;
  return { kind: "other", slots: undefined, context, models: names };
}

function toCapacity(props: z.infer<typeof Props> | undefined) {
  const { total_slots: slots, default_generation_settings: settings } = props ?? {};
  return { slots, context: settings?.n_ctx || undefined };
}

/** Returns undefined if there is no such page, or it holds something else. A refused key is the session's to find out. */
async function readPage<Page>(
  { baseUrl, key, signal }: ServerAddress,
  page: string,
  shape: z.ZodType<Page>,
): Promise<Page | undefined> {
  const url = `${rootOf(baseUrl)}${page}`;
  const { statusCode, text } = await ask(url, key, signal);
  if (statusCode >= 500 && statusCode !== 501) throw unanswered(url, `it answers ${statusCode}`);
  if (statusCode !== 200) return undefined;
  try {
    return shape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function ask(url: string, key: string | undefined, signal: AbortSignal | undefined) {
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    const answer = await request(url, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}`, "x-api-key": key },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    const text = (await readBounded(answer.body, MAX_ANSWER_BYTES)) ?? "";
    return { statusCode: answer.statusCode, text };
  } catch (error) {
    throw unanswered(url, error instanceof Error ? error.message : String(error));
  }
}

function unanswered(url: string, why: string): DisintoError {
  return new DisintoError(
    "model.unavailable",
    `the model's server does not answer at ${url}: ${why}`,
    {
      hint: "bots wait by themselves; check that the server is running",
    },
  );
}
