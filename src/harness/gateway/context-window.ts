/** How much a model holds, where its server is a llama-server and says so: an agent that knows no better compacts too late. */
import { request } from "undici";
import * as z from "zod";

const LIMIT_MS = 5_000;
const Props = z.object({
  default_generation_settings: z.object({ n_ctx: z.int().positive() }),
});

/** Tokens; undefined where nobody says. A server that does not answer is the session's to find out. */
export async function readContextWindow({
  baseUrl,
  key,
}: {
  readonly baseUrl: string;
  readonly key: string | undefined;
}): Promise<number | undefined> {
  try {
    const { statusCode, body } = await request(`${baseUrl.replace(/(\/v1)?\/*$/, "")}/props`, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await body.text();
    if (statusCode !== 200) return undefined;
    return Props.parse(JSON.parse(text)).default_generation_settings.n_ctx;
  } catch {
    return undefined;
  }
}
