/** Who works in the folder is the runner's own user: the local engine, and the operator's commands. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { measureFolder } from "../git/sizes.ts";
import { removeTree } from "../remove-tree.ts";
import type { UserFiles } from "./user-files.ts";

export const ownUserFiles: UserFiles = {
  command: (argv, folder) => (folder === undefined ? argv : ["env", `--chdir=${folder}`, ...argv]),
  share: async (folder) => {
    await mkdir(folder, { recursive: true });
  },
  close: async () => undefined,
  make: async (folder) => {
    await mkdir(folder, { recursive: true });
  },
  remove: removeTree,
  write: async (file, text) => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  },
  read: async (file, maxBytes) => {
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile() || found.size > maxBytes) return undefined;
    return readFile(file, "utf8");
  },
  grantRead: async (folder) => folder,
  measure: measureFolder,
};
