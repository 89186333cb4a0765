import { words } from "./words.ts";

const small = new Set(["a", "an", "and", "of", "or", "the", "to"]);

/** Every word with a capital, but for the small ones. */
export function titleCase(title: string): string {
  return words(title)
    .map((word) => (small.has(word) ? word : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join(" ");
}
