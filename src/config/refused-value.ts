import { isSecretKey } from "./secret-keys.ts";

const MAX_LENGTH = 60;

/**
 * `must be one of dev, review` → `must be one of dev, review, not "chef"`; `has no tag` → `"node" has no tag`. Nothing is shown of a list or a section, of what
 * the name of its key calls a secret, nor of credentials in an address.
 */
export function nameRefused(message: string, key: string, value: unknown): string {
  const isShown = ["string", "number", "boolean"].includes(typeof value) && !isSecretKey(key);
  if (!isShown || value === "") return message;
  const text = JSON.stringify(value).replaceAll(/\/\/[^/@\s"]*@/g, "//…@");
  if (message.includes(text)) return message;
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  if (message.startsWith("has ")) return `${cut} ${message}`;
  if (/^expected .*, received \w+$/.test(message)) return message.replace(/\w+$/, cut);
  return /^(must|too) /.test(message) ? `${message}, not ${cut}` : message;
}
