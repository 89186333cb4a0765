/** "Did you mean": the known word closest to a mistyped one, when it is close enough. */

export function suggest(
  word: string,
  known: readonly string[],
  limit = word.length <= 3 ? 1 : Math.max(2, Math.floor(word.length / 3)),
): string | undefined {
  const ranked = known
    .filter((candidate) => Math.abs(candidate.length - word.length) <= limit)
    .map((candidate) => ({ candidate, distance: measureDistance(word, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** Levenshtein's edit distance, one row at a time. */
function measureDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [above, left] of [...a].entries()) {
    const next = [above + 1];
    for (const [index, top] of [...b].entries()) {
      const replaced = (row[index] ?? 0) + (left === top ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
