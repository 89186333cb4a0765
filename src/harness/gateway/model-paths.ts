/** What an agent may ask of a model's server: turns, counts and names of models. Its other pages hold files, batches, caches. Pure. */
import path from "node:path";

/** The allowed requests, by method and path; a turn is counted and limited. */
const allowed: Readonly<Record<string, { readonly isTurn: boolean }>> = {
  "POST /v1/messages": { isTurn: true },
  "POST /v1/messages/count_tokens": { isTurn: false },
  "POST /v1/chat/completions": { isTurn: true },
  "POST /v1/responses": { isTurn: true },
  "GET /v1/models": { isTurn: false },
};

/** Parameters that agents send along; none of them names another thing. */
const parameters: readonly string[] = ["beta", "limit", "after_id", "before_id"];

export interface ModelRequest {
  /** The path as it is sent on, whatever its spelling in the request. */
  readonly target: string;
  readonly isTurn: boolean;
}

/** Returns undefined if the request is not allowed. `target` is what stands in a request line, also an absolute address. */
export function readModelRequest(method: string, target: string): ModelRequest | undefined {
  const [address = "", ...query] = target.split("?");
  const name = normalise(address.replace(/^https?:\/\/[^/]*/i, ""));
  if (name === undefined || !Object.hasOwn(allowed, `${method} ${name}`)) return undefined;
  const kept = [...new URLSearchParams(query.join("?"))].filter(([key]) =>
    parameters.includes(key),
  );
  const search = kept.length === 0 ? "" : `?${new URLSearchParams(kept)}`;
  return { target: name + search, isTurn: allowed[`${method} ${name}`]?.isTurn === true };
}

/** Decoded once, as servers do, then without `.`, `..` and doubled slashes. */
function normalise(text: string): string | undefined {
  try {
    return path.posix.normalize(decodeURIComponent(text));
  } catch {
    return undefined;
  }
}
