/** A list of the forge to its last page, however long single entries or the whole are. */

export interface Part {
  readonly size: number;
  readonly offset: number;
}

/** Answers undefined for a part that is longer than an answer may be. */
type Ask<T> = (part: Part) => Promise<readonly T[] | undefined>;

/** Each divides the one before, so that the pages of one begin where those of another do. */
const SIZES = [50, 10, 1] as const;
/** A list that has more has no end. */
const MAX_ENTRIES = 50_000;
const MAX_SKIPPED = 20;

/**
 * Reads pages in the forge's order; ends at the first page that is not full. An entry that is too long by itself is left out, as nothing
 * that a bot could read. Undefined: it does not end.
 */
export async function readPages<T>(ask: Ask<T>): Promise<readonly T[] | undefined> {
  const all: T[] = [];
  let [offset, skipped] = [0, 0];
  while (offset < MAX_ENTRIES && skipped < MAX_SKIPPED) {
    const { entries, size } = await readPart(ask, offset);
    all.push(...(entries ?? []));
    if (entries && entries.length < size) return all;
    if (!entries) skipped += 1;
    offset += size;
  }
  return undefined;
}

/** As many at once as one answer takes. */
async function readPart<T>(ask: Ask<T>, offset: number) {
  for (const size of SIZES) {
    const entries = offset % size === 0 ? await ask({ size, offset }) : undefined;
    if (entries) return { entries, size };
  }
  return { entries: undefined, size: 1 };
}
