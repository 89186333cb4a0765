/** A model's server as the bots see it: which base URLs are the same one, and how many requests it takes at once. */
import type { Bot } from "./factory.ts";

/** Case of the host, the usual port and slashes at the end make no other server. */
export function normalizeBaseUrl(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) return baseUrl;
  const { origin, pathname } = new URL(baseUrl);
  return `${origin}${pathname.replace(/\/+$/, "")}`;
}

/** Requests that a server takes at once, by its normalised base URL; what any bot on it says. */
export type Slots = ReadonlyMap<string, number>;

export function collectSlots(bots: readonly Bot[]): Slots {
  const stated = bots.flatMap(({ baseUrl, slots }): readonly (readonly [string, number])[] =>
    baseUrl && slots !== undefined ? [[normalizeBaseUrl(baseUrl), slots]] : [],
  );
  return new Map(stated);
}

/** Undefined when no bot on its server says it. */
export function deriveSlots({ baseUrl }: Bot, slots: Slots): number | undefined {
  return baseUrl && slots.size > 0 ? slots.get(normalizeBaseUrl(baseUrl)) : undefined;
}
