import { deriveCredentialKeys } from "../core/names.ts";

/** Tokens under the names that older factories gave them. */
export const olderTokenKeys: Readonly<Record<string, string>> = {
  [deriveCredentialKeys("dev-qwen").token]: "FORGE_TOKEN_LLAMA",
};
