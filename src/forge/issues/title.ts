/** A title as Forgejo keeps it: 255 bytes, whole letters, with an ellipsis where it was longer (modules/util/truncate.go). */
const MAX_BYTES = 255;
const ELLIPSIS = "…";

export function cutTitle(title: string): string {
  if (Buffer.byteLength(title) <= MAX_BYTES) return title;
  let left = MAX_BYTES - Buffer.byteLength(ELLIPSIS);
  const letters: string[] = [];
  for (const letter of title) {
    left -= Buffer.byteLength(letter);
    if (left < 0) break;
    letters.push(letter);
  }
  return `${letters.join("")}${ELLIPSIS}`;
}
