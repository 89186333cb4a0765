/** A model's server as the bots see it: which base URLs are the same one, and how many requests it takes at once. */
import type { Bot } from "./factory.ts";

/** Case of the host, the usual port and slashes at the end make no other server. */
export function normalizeBaseUrl(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) return baseUrl;
  const { origin, pathname } = new URL(baseUrl);
  return `${origin}${pathname.replace(/\/+$/, "")}`;
}

/** What any bot on the same server says; undefined when none does. */
export function deriveSlots(bot: Bot, bots: readonly Bot[]): number | undefined {
  const { baseUrl } = bot;
  if (!baseUrl) return undefined;
  const backend = normalizeBaseUrl(baseUrl);
  const stated = bots.find(
    (one) => one.slots !== undefined && one.baseUrl && normalizeBaseUrl(one.baseUrl) === backend,
  );
  return stated?.slots;
}
