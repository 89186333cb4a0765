/** What is printed to a terminal acts on nothing there, whoever wrote it: titles, comments, logs, names of files and branches. Pure. */

/** Colours say nothing, and what they hide is to be seen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins a colour is what is looked for
const colour = /\u001b\[[0-9;:]*m/g;

/** Control characters but the newline and the tab, and what breaks lines or turns the direction of writing unseen. */
const active = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Each such character as `\u001b`, so that JSON stays JSON and means the same. */
export function toTerminalText(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(colour, "")
    .replaceAll(active, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
