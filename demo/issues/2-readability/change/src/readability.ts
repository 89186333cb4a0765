import { countSentences } from "./sentences.ts";
import { words } from "./words.ts";

/** The mean number of words in a sentence, rounded to one place; 0 for a text without any. */
export function wordsPerSentence(text: string): number {
  const sentences = countSentences(text);
  return sentences === 0 ? 0 : Math.round((10 * words(text).length) / sentences) / 10;
}
