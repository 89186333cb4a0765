/** Every name derived from a bot's name, in one place (the contract of DESIGN §4). */
import { env } from "../settings/env.ts";
import type { Bot } from "./factory.ts";

/** `dev-qwen2` → `DEV_QWEN2`: the suffix of the bot's variables in .env. */
export function deriveSuffix(botName: string): string {
  return botName.toUpperCase().replaceAll("-", "_");
}

export function deriveServiceName(bot: Pick<Bot, "name" | "declaredIn">): string {
  return bot.declaredIn === "LLAMA_BOTS" ? `agents-llama-${bot.name}` : `agents-${bot.name}`;
}

export function deriveContainerName(factoryName: string, botName: string): string {
  return `${factoryName}-agents-${botName}`;
}

/** Volume names with the path each is mounted at inside the bot's container. */
export function deriveVolumes(botName: string): readonly { name: string; path: string }[] {
  return [
    { name: `project-repos-${botName}`, path: "/home/agent/repos" },
    { name: `agent-data-${botName}`, path: "/home/agent/data" },
  ];
}

/** Variables in .env that hold an identity's credentials on the forge. */
export function deriveCredentialKeys(name: string): { token: string; password: string } {
  const suffix = deriveSuffix(name);
  return { token: `FORGE_TOKEN_${suffix}`, password: `FORGE_PASS_${suffix}` };
}

/** Each once, however it is written. */
export function joinLogins(...lists: readonly (readonly string[])[]): readonly string[] {
  const known = new Map(lists.flat().map((login) => [login.toLowerCase(), login]));
  return [...known.values()].sort();
}

/** The forge knows logins without their case. */
export function isSameLogin(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Address of an identity of ours; `.invalid` never resolves (RFC 2606), so no mail can ever leave for it. */
export function deriveEmail(login: string): string {
  return `${login}@bots.invalid`;
}

/** Service, and name in `.env`, of the local CI; no bot may have it. */
export const CI_NAME = "ci";

/** A file in the local CI's data folder that holds the address where it answers. */
export const CI_ADDRESS_FILE = "address";

/** Variables in `.env`: with which bots ask for the logs of their runs. */
export const CI_TOKEN_KEY = env.ciToken.key;
export const WOODPECKER_TOKEN_KEY = env.woodpeckerToken.key;

/** Name of an identity's token on the forge; each rotation counts on. */
export function formatTokenName(generation: number): string {
  return `disinto-${generation}`;
}

/** Others were made by people and are left alone. */
export function isOurToken(name: string): boolean {
  return /^disinto-\w+$/.test(name);
}
