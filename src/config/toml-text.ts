/** Values and keys as TOML 1.0 text. */

export type TomlValue = string | number | boolean | readonly TomlValue[];

export function formatTomlValue(value: TomlValue): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "object") return `[${value.map(formatTomlValue).join(", ")}]`;
  return String(value);
}

export function formatTomlKey(path: readonly string[]): string {
  return path.map((key) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : quote(key))).join(".");
}

/** JSON's escapes are TOML's, but for the one control character that JSON leaves bare. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}
