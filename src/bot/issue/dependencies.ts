/** What an issue says that it depends on. A mention is no dependency, and neither is what stands in code. */
import { cutCode } from "../../core/code-text.ts";
import { stripHidden } from "../../core/hidden-text.ts";

/** "Depends on #3, #4", "- **Blocked by:** #5", with or without a colon. */
const SENTENCE = /^\s*(?:[-*+]\s+)?[*_]{0,9}(?:depends on|blocked by)[*_]{0,9}:?[*_]{0,9}\s+(.*)$/i;
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
    const naming = inSection ? (heading ?? listNumbers(line)) : (SENTENCE.exec(line)?.[1] ?? "");
    for (const [, number] of naming.matchAll(REFERENCE)) found.add(Number(number));
  }
  return [...found].sort((a, b) => a - b);
}

/** A line of a section, unless it says that it names something else. */
function listNumbers(line: string): string {
  return OTHER.test(line) ? "" : line;
}

/** The shortest way from an issue through what it waits for back to itself, without both ends; undefined: none leads back. */
export function findCycle(
  from: number,
  edges: ReadonlyMap<number, readonly number[]>,
): readonly number[] | undefined {
  const ways: (readonly number[])[] = [[from]];
  const seen = new Set<number>();
  for (const way of ways) {
    for (const next of edges.get(way.at(-1) ?? from) ?? []) {
      if (next === from) return way.slice(1);
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}
