/**
 * The login that Claude Code keeps for a subscription, read for its token alone. Whoever owns the folder renews it: here
 * it is read-only, and read anew for each session.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";

const Login = z.object({ claudeAiOauth: z.object({ accessToken: z.string().min(1) }) });

/** Undefined where there is none: the model's server then says what it thinks of it. */
export async function readClaudeLogin(folder: string): Promise<string | undefined> {
  try {
    const text = await readFile(path.join(folder, ".credentials.json"), "utf8");
    return Login.parse(JSON.parse(text)).claudeAiOauth.accessToken;
  } catch {
    return undefined;
  }
}

/** Tokens of a subscription are shown otherwise than keys of the API. */
export function isLoginToken(key: string): boolean {
  return key.startsWith("sk-ant-oat");
}

export const LOGIN_BETA = "oauth-2025-04-20";
