/**
 * What a person who reads a text on the forge does not see: HTML comments, link definitions that lead nowhere, and
 * characters without a shape of their own (format characters, bidirectional marks and tags, fillers, variation
 * selectors, controls). Cut in one pass each, for strangers choose the text and its length. Pure.
 */

const INVISIBLE = new RegExp(
  [
    "[\\p{Cf}\\p{Co}\\p{Cs}\\p{Cn}\\u2028\\u2029\\u2800\\u3164\\uffa0\\u115f\\u1160]",
    "[\\u034f\\u17b4\\u17b5\\u180b-\\u180f\\ufe00-\\ufe0f]",
    "[\\u{e0000}-\\u{e0fff}]",
    "[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f]",
  ].join("|"),
  "gu",
);
const EMPTY_DEFINITION = /^ {0,3}\[[^\]\n]*\]:[ \t]*(?:#|<>)[^\n]*$/gm;
const OPENING = [..."<!--"].map(codeOf);
const CLOSINGS = ["-->", "--!>"].map((closing) => [...closing].map(codeOf));

/** Nothing of what is left could be cut again, also where a cut joined two halves of a comment. */
export function stripHidden(text: string): string {
  return cutComments(text.replace(INVISIBLE, "")).replace(EMPTY_DEFINITION, "");
}

/**
 * What is kept grows by one character at a time, so that halves which a cut brought together are seen as a whole. The
 * first opening holds until something closes it; one that nothing closes hides the rest only where it begins a line.
 */
function cutComments(text: string): string {
  if (!text.includes("!--") && !text.includes("<!")) return text;
  const kept = new Kept(text.length);
  let open: number | undefined;
  for (let at = 0; at < text.length; at++) {
    kept.push(text.charCodeAt(at));
    if (open === undefined) {
      if (kept.endsWith(OPENING, 0)) open = kept.length - OPENING.length;
      continue;
    }
    const inside = open + OPENING.length;
    if (CLOSINGS.some((closing) => kept.endsWith(closing, inside))) {
      kept.length = open;
      open = undefined;
    }
  }
  const rest = kept.toString();
  return open === undefined ? rest : cutUnclosed(rest, open);
}

function cutUnclosed(text: string, open: number): string {
  const line = text.lastIndexOf("\n", open) + 1;
  const found = /^ {0,3}<!--/m.exec(text.slice(line));
  return found ? text.slice(0, line + found.index) : text;
}

class Kept {
  length = 0;
  readonly #codes: Uint16Array;

  constructor(size: number) {
    this.#codes = new Uint16Array(size);
  }

  push(code: number): void {
    this.#codes[this.length++] = code;
  }

  /** Whether the last characters are these, none of them before `from`. */
  endsWith(codes: readonly number[], from: number): boolean {
    const start = this.length - codes.length;
    return start >= from && codes.every((code, at) => this.#codes[start + at] === code);
  }

  toString(): string {
    const parts: string[] = [];
    for (let at = 0; at < this.length; at += 8192)
      parts.push(
        String.fromCharCode(...this.#codes.subarray(at, Math.min(this.length, at + 8192))),
      );
    return parts.join("");
  }
}

function codeOf(character: string): number {
  return character.charCodeAt(0);
}
