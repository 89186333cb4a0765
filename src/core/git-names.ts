/** Names of files as git writes them where they are no plain text, and as a prompt shows them. Pure. */

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
};

/** `"na\303\257ve"` → `naïve`; a name without quotes is what it is (quote.c unquote_c_style). */
export function unquoteName(name: string): string {
  if (!/^".*"$/s.test(name)) return name;
  const bytes = [...name.slice(1, -1).matchAll(/\\([0-7]{3}|.)|[^\\]+/gsu)].map(
    ([part, escaped]) =>
      escaped === undefined ? new TextEncoder().encode(part) : readEscape(escaped),
  );
  return new TextDecoder().decode(Uint8Array.from(bytes.flatMap((part) => [...part])));
}

function readEscape(escaped: string): Uint8Array {
  if (/^[0-7]{3}$/.test(escaped)) return Uint8Array.of(Number.parseInt(escaped, 8));
  return new TextEncoder().encode(escapes[escaped] ?? escaped);
}

/** Formats a list of names: one that could not be told from its neighbours, or that acts as text, is quoted. */
export function formatNames(names: readonly string[]): string {
  return names
    .map((name) => (/^[\p{L}\p{M}\p{N}_./+@-]+$/u.test(name) ? name : JSON.stringify(name)))
    .join(", ");
}
