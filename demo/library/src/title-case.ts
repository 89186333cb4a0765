import { words } from "./words.ts";

/** Every word with a capital. */
export function titleCase(title: string): string {
  return words(title)
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join(" ");
}
