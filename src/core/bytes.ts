/** Sizes as Docker writes them: a number and k, m or g. */
const bytesPer: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

export const sizePattern = /^\d+(\.\d+)?[kmg]$/;

export function toBytes(size: string): number {
  return Number(size.slice(0, -1)) * (bytesPer[size.slice(-1)] ?? 1);
}

/** What `ci.cache` is where a project says nothing. */
export const DEFAULT_CACHE = "2g";
