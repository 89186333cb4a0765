/** Removes a folder whatever modes stand in it: module caches of Go and others are written without write rights. */
import { chmod, lstat, readdir, rm } from "node:fs/promises";
import path from "node:path";

export async function removeTree(target: string): Promise<void> {
  try {
    await rm(target, { recursive: true, force: true });
  } catch (error) {
    if (!["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await openFolders(target);
    await rm(target, { recursive: true, force: true });
  }
}

/** What is in a folder can be removed by who may write the folder. */
async function openFolders(target: string): Promise<void> {
  if (!(await lstat(target)).isDirectory()) return;
  await chmod(target, 0o700);
  for (const name of await readdir(target)) await openFolders(path.join(target, name));
}
