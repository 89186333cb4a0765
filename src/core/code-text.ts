/** Text without its code, as Markdown sees it (CommonMark 4.5 and 6.1); each character is read once. Pure. */

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const FENCE_END = /^ {0,3}(`{3,}|~{3,})[ \t]*$/;

/** Fenced blocks, an unclosed one to the end, and code spans. */
export function cutCode(text: string): string {
  return cutSpans(cutFences(text));
}

function cutFences(text: string): string {
  const kept: string[] = [];
  let open: string | undefined;
  for (const line of text.split("\n")) {
    if (open === undefined) {
      open = FENCE.exec(line)?.[1];
      if (open === undefined) kept.push(line);
    } else if (closes(line, open)) open = undefined;
  }
  return kept.join("\n");
}

function closes(line: string, open: string): boolean {
  const marks = FENCE_END.exec(line)?.[1] ?? "";
  return marks.startsWith(open[0] ?? "") && marks.length >= open.length;
}

/** A run of backticks is closed by the next run of the same length, or is text. */
function cutSpans(text: string): string {
  const runs = [...text.matchAll(/`+/g)].map(({ 0: marks, index }) => ({
    from: index,
    to: index + marks.length,
    length: marks.length,
  }));
  const next = nextOfLength(runs.map(({ length }) => length));
  const kept: string[] = [];
  let from = 0;
  for (let at = 0; at < runs.length; at++) {
    const closing = next[at];
    if (closing === undefined) continue;
    kept.push(text.slice(from, runs[at]?.from));
    from = runs[closing]?.to ?? text.length;
    at = closing;
  }
  return kept.join("") + text.slice(from);
}

/** For each length where the same one comes next. */
function nextOfLength(lengths: readonly number[]): readonly (number | undefined)[] {
  const seen = new Map<number, number>();
  return lengths
    .map((_, at) => lengths.length - 1 - at)
    .map((at) => {
      const length = lengths[at] ?? 0;
      const next = seen.get(length);
      seen.set(length, at);
      return next;
    })
    .reverse();
}
