/**
 * A server that has not begun to answer: does it read the prompt, or does it hang? A llama-server shows on /slots how far
 * it is; what cannot say it has a limit of its own.
 */
import { request } from "undici";
import * as z from "zod";
import { MAX_ANSWER_BYTES, readBounded } from "../../adapters/bounded-body.ts";
import type { ServerFacts } from "../../ports/model-server.ts";
import { rootOf } from "./address.ts";

export interface PromptWatchOptions {
  readonly baseUrl: string;
  readonly key: string | undefined;
  readonly model: string;
  readonly kind: ServerFacts["kind"];
  /** Until the first word, of a server that cannot say that it reads; undefined: silence alone ends it. */
  readonly firstTokenMs: number | undefined;
  /** How often it is looked at. */
  readonly lookMs?: number | undefined;
  readonly onProgress: () => void;
  readonly onLate: () => void;
}

const LOOK_MS = 2_000;
/** A llama-server says it only between two batches of the prompt, which on a slow machine lie far apart. */
const ANSWER_MS = 120_000;
const Slots = z.array(
  z.object({
    is_processing: z.boolean(),
    n_prompt_tokens_processed: z.optional(z.number()),
    next_token: z.optional(z.array(z.object({ n_decoded: z.optional(z.number()) }))),
  }),
);

/** Begins to watch; answers how to stop it. */
export function watchPrompt(options: PromptWatchOptions): () => void {
  const { kind, firstTokenMs, lookMs = LOOK_MS, onProgress, onLate } = options;
  if (kind !== "other") return watchSlots(options);
  if (firstTokenMs === undefined) return () => undefined;
  const alive = setInterval(onProgress, lookMs);
  const late = setTimeout(() => {
    clearInterval(alive);
    onLate();
  }, firstTokenMs);
  return () => {
    clearInterval(alive);
    clearTimeout(late);
  };
}

function watchSlots(options: PromptWatchOptions): () => void {
  const { baseUrl, key, model, kind, lookMs = LOOK_MS, onProgress } = options;
  const page = kind === "router" ? `/slots?model=${encodeURIComponent(model)}` : "/slots";
  const stopped = new AbortController();
  let before = "";
  let isAsking = false;
  const look = async () => {
    if (isAsking) return;
    isAsking = true;
    const now = await readSlots(`${rootOf(baseUrl)}${page}`, key, stopped.signal);
    isAsking = false;
    if (now !== undefined && now !== before && before !== "") onProgress();
    before = now ?? before;
  };
  const timer = setInterval(() => void look(), lookMs);
  void look();
  return () => {
    stopped.abort();
    clearInterval(timer);
  };
}

/** What changes while it works; a server whose inference hangs does not answer, or shows the same for ever. */
async function readSlots(url: string, key: string | undefined, signal: AbortSignal) {
  try {
    const { statusCode, body } = await request(url, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const text = (await readBounded(body, MAX_ANSWER_BYTES)) ?? "";
    if (statusCode !== 200) return undefined;
    const busy = Slots.parse(JSON.parse(text)).filter((slot) => slot.is_processing);
    return JSON.stringify(
      busy.map((slot) => [slot.n_prompt_tokens_processed, slot.next_token?.[0]?.n_decoded]),
    );
  } catch {
    return undefined;
  }
}
