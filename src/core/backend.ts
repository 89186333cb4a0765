/** A model's server as the bots see it: which base URLs are the same one, and how many requests it takes at once. */
import type { Bot } from "./factory.ts";

/** Case, the usual port, slashes at the end, the `/v1` that agents add and another name of this machine make no other server. */
function normalizeBaseUrl(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) return baseUrl;
  const url = new URL(baseUrl);
  if (url.hostname === "localhost") url.hostname = "127.0.0.1";
  return `${url.origin}${url.pathname.replace(/(\/v1)?\/*$/i, "")}`;
}

/** What bots share when they share a model's server: its address, or whom the harness asks by itself. */
export function deriveBackend({ baseUrl, harness }: Pick<Bot, "baseUrl" | "harness">): string {
  return baseUrl ? normalizeBaseUrl(baseUrl) : `hosted ${harness}`;
}

/**
 * A backend as one component of a ref's name, different for each: `http_3a_2f_2fmodel_3a8080`. What git forbids or
 * files may not hold stands as an underscore and its code.
 */
export function formatBackendName(backend: string): string {
  return backend.replace(/[^a-zA-Z0-9-]/g, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 256 ? `_${code.toString(16).padStart(2, "0")}` : `_u${code.toString(16)}_`;
  });
}

/** The other way round, for people: `http_3a_2f_2fmodel_3a8080` is `http://model:8080`. */
export function formatBackendAddress(name: string): string {
  return name.replace(/_([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
