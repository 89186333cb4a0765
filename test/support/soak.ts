/**
 * How long a scenario goes on. In CI it draws a part of its cases from a fixed seed; `npm run soak -- --seed N` has all
 * of them and more rounds. Every test file that imports this one belongs to the soak.
 */
const { DISINTO_SOAK, DISINTO_SEED } = process.env;

export const isSoak = DISINTO_SOAK === "1";
export const seed = Number(DISINTO_SEED ?? "1");

/** Time for a test that is killed many times; a soak has no limit. */
export const manyDeathsMs = isSoak ? 0 : 600_000;

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
function drawNumbers(from = seed): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** All of them in a soak, else this share of them in their order, at least one. */
export function sample<Case>(cases: readonly Case[], share: number): readonly Case[] {
  if (isSoak) return cases;
  const draw = drawNumbers();
  const ranked = cases.map((one, index) => ({ one, index, rank: draw() }));
  const count = Math.max(1, Math.ceil(cases.length * share));
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .sort((a, b) => a.index - b.index)
    .map(({ one }) => one);
}

/** All of them in a soak, else one of each so many in a row: no stretch of them is left out. */
export function drawEach<Case>(cases: readonly Case[], size: number): readonly Case[] {
  if (isSoak) return cases;
  const draw = drawNumbers();
  return Array.from({ length: Math.ceil(cases.length / size) }, (_, index) => {
    const row = cases.slice(index * size, (index + 1) * size);
    return row.slice(Math.floor(draw() * row.length))[0] as Case;
  });
}
