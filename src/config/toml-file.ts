/** Edits of `projects/<name>.toml` on disk. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "./atomic-file.ts";
import { withLock } from "./file-lock.ts";

/** `edit` sees the text as it is under the lock; an unchanged text is not written. */
export async function editTomlFile(
  folder: string,
  file: string,
  edit: (text: string) => string,
): Promise<void> {
  await withLock({ folder, name: file, waitMs: 30_000 }, async () => {
    const path = join(folder, file);
    const old = await readFile(path, "utf8");
    const edited = edit(old);
    if (edited !== old) await replaceFile(path, edited, (await stat(path)).mode & 0o777);
  });
}
