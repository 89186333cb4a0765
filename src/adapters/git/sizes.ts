/** What a folder takes on the disk. */
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";

const BLOCK_BYTES = 512;

/** Blocks, as `du` counts them; what vanishes meanwhile counts nothing, and links are not followed. */
export async function measureFolder(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const inside = path.join(folder, entry.name);
    if (entry.isDirectory()) bytes += await measureFolder(inside);
    const found = await lstat(inside).catch(() => undefined);
    bytes += (found?.blocks ?? 0) * BLOCK_BYTES;
  }
  return bytes;
}
