/**
 * The login that Claude Code keeps for a subscription, read for its token alone. Whoever owns the folder renews it: here
 * it is read-only, and read anew for each session.
 */
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { buildOtherUserFiles } from "../../adapters/session-user/other-user.ts";
import { RUNNER_UID } from "../../core/uids.ts";

const Login = z.object({ claudeAiOauth: z.object({ accessToken: z.string().min(1) }) });

/** Undefined where there is none: the model's server then says what it thinks of it. */
export async function readClaudeLogin(folder: string): Promise<string | undefined> {
  try {
    const text = await readAsOwner(folder, path.join(folder, ".credentials.json"));
    return Login.parse(JSON.parse(text)).claudeAiOauth.accessToken;
  } catch {
    return undefined;
  }
}

/** It is whoever's the folder is; in a container the runner becomes that user for it, and has no other way. */
async function readAsOwner(folder: string, file: string): Promise<string> {
  const { uid } = await stat(folder);
  if (process.getuid?.() !== RUNNER_UID) return readFile(file, "utf8");
  return (await buildOtherUserFiles(uid).read(file, MAX_BYTES)) ?? "";
}

const MAX_BYTES = 100_000;

/** Tokens of a subscription are shown otherwise than keys of the API. */
export function isLoginToken(key: string): boolean {
  return key.startsWith("sk-ant-oat");
}

export const LOGIN_BETA = "oauth-2025-04-20";
