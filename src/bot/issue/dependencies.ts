/** What an issue says that it depends on. A mention is no dependency, and neither is what stands in code. */
import { stripHidden } from "./trust.ts";

/** "Depends on #3, #4", "- **Blocked by:** #5", with or without a colon. */
const SENTENCE = /^\s*(?:[-*+]\s+)?[*_]*(?:depends on|blocked by)[*_]*:?[*_]*\s+(.*)$/i;
const HEADING = /^ {0,3}#{1,6}\s+(.*)$/;
const TITLE = /^[*_]*(?:depends on|dependencies|blocked by)\b/i;
const OTHER = /^\s*(?:[-*+]\s+)?[*_]*(?:related|see|see also|part of|follow-up|ref|refs)\b/i;
/** Not another repository's (`owner/name#5`), not the part of an address or a word. */
const REFERENCE = /(?<![\w/&])#(\d{1,9})\b/g;

export function parseDependencies(body: string): readonly number[] {
  const found = new Set<number>();
  let inSection = false;
  for (const line of cutCode(stripHidden(body)).split("\n")) {
    const heading = HEADING.exec(line)?.[1];
    if (heading !== undefined) inSection = TITLE.test(heading);
    const naming = inSection ? (heading ?? listed(line)) : (SENTENCE.exec(line)?.[1] ?? "");
    for (const [, number] of naming.matchAll(REFERENCE)) found.add(Number(number));
  }
  return [...found].sort((a, b) => a - b);
}

/** A line of a section, unless it says that it names something else. */
function listed(line: string): string {
  return OTHER.test(line) ? "" : line;
}

/** Fenced blocks, an unclosed one to the end, and code spans. */
function cutCode(text: string): string {
  return text
    .replace(/^ {0,3}(`{3,}|~{3,})[^\n]*\n(?:[\s\S]*?\n {0,3}\1[`~]*[ \t]*$|[\s\S]*)/gm, "")
    .replace(/(`+)[^`](?:[\s\S]*?[^`])?\1(?!`)/g, "");
}
