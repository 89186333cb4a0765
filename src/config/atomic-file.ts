/** Replaces a file as a whole: written beside it, synced, renamed. A reader sees the old or the new one. */
import { chmod, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DisintoError } from "../errors.ts";

/** The name beside is fixed, so that what a killed run left is overwritten by the next; callers hold a lock. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.disinto-new`);
  try {
    await writeSynced(beside, text, mode);
    await rename(beside, path);
  } catch (error) {
    // Whatever keeps it from going: what failed first is what is told.
    await rm(beside, { force: true }).catch(() => undefined);
    const { code } = error as NodeJS.ErrnoException;
    throw new DisintoError(
      "file.unwritable",
      `${path} cannot be written (${code}); it was left unchanged`,
      {
        hint: code === "ENOSPC" ? "free disk space" : "check the folder's owner and mode",
        cause: error,
      },
    );
  }
  await syncFolder(dirname(path));
}

async function writeSynced(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "w", mode);
  try {
    await chmod(path, mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
