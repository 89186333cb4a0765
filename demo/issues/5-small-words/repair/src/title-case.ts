import { words } from "./words.ts";

const small = new Set(["a", "an", "and", "of", "or", "the", "to"]);

/** Every word with a capital, but for the small ones that do not begin the title. */
export function titleCase(title: string): string {
  return words(title)
    .map((word, at) =>
      at > 0 && small.has(word) ? word : `${word.charAt(0).toUpperCase()}${word.slice(1)}`,
    )
    .join(" ");
}
