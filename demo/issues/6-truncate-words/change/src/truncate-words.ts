import { truncate } from "./truncate.ts";

/** As `truncate`, but no word is cut, unless it is the first. */
export function truncateWords(text: string, length: number): string {
  const cut = truncate(text, length);
  if (cut === text) return text;
  const end = cut.lastIndexOf(" ");
  return end <= 0 ? cut : `${cut.slice(0, end)}…`;
}
