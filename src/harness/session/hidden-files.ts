/**
 * What a repository brings that an agent would take for its own settings and run, whatever it is told. It is laid aside
 * for the session and put back afterwards, so that the change which is collected does not lack it.
 */
import { cp, lstat, mkdir, rm } from "node:fs/promises";
import path from "node:path";

export async function hideFiles(
  folder: string,
  names: readonly string[],
  aside: string,
): Promise<void> {
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  for (const name of names) {
    const file = path.join(folder, name);
    if (!(await isThere(file))) continue;
    await copy(file, path.join(aside, name));
    await rm(file, { recursive: true, force: true });
  }
}

/** What the session itself made in its place stays, and is the change. */
export async function showFiles(
  folder: string,
  names: readonly string[],
  aside: string,
): Promise<void> {
  for (const name of names) {
    const [file, kept] = [path.join(folder, name), path.join(aside, name)];
    if ((await isThere(kept)) && (await isThere(folder)) && !(await isThere(file)))
      await copy(kept, file);
  }
  await rm(aside, { recursive: true, force: true });
}

/** Links stay links: what they point to is none of ours. */
async function copy(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
