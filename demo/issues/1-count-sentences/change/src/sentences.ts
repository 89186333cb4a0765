/** How many sentences a text has. Marks in a row end one sentence; a text without any is one. */
export function countSentences(text: string): number {
  return text.split(/[.!?]+/u).filter((sentence) => sentence.trim() !== "").length;
}
