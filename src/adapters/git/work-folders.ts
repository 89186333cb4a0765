/**
 * Folders for a harness. Each has its own repository in which the harness may do anything; the runner never runs
 * git there again: what stands in the folder is collected through a fresh repository laid over the files.
 */
import { lstat, readdir, rm } from "node:fs/promises";
import path from "node:path";
import type { FolderUse, WorkFolders } from "../../ports/git.ts";
import { runOrThrow } from "../process.ts";
import type { UserFiles } from "../session-user/user-files.ts";
import { collect } from "./collection.ts";
import { localGitEnvironment } from "./environment.ts";
import { makeRepository } from "./work-repository.ts";

interface WorkFoldersOptions {
  /** Where the folders are made, one per name. */
  readonly root: string;
  /** The bare mirror that lends its objects. */
  readonly mirror: string;
  /** The user who works in them. */
  readonly userFiles: UserFiles;
  /** Files as a clone has them, by the repository's attributes: for who commits nothing. */
  readonly asCloned?: boolean;
}

const PREPARE_MS = 30 * 60_000;

export function buildWorkFolders({
  root,
  mirror,
  userFiles,
  asCloned = false,
}: WorkFoldersOptions): WorkFolders {
  const folderOf = (name: string): string => path.join(root, name);
  // Beside the folders, where who works in them can make nothing.
  const lentTo = (name: string): string => path.join(`${root}.lent`, name);
  const takeBack = (name: string) => rm(lentTo(name), { recursive: true, force: true });
  return {
    prepare: async (name, { branch, sha, submodules = [] }) => {
      const folder = folderOf(name);
      await userFiles.share(root);
      await userFiles.remove(folder);
      const init = [`--initial-branch=${branch}`];
      const lent = { mirror, place: lentTo(name), userFiles, asCloned };
      await makeRepository(folder, { init, gitFolder: ".git", ...lent });
      const inside = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
        runOrThrow(userFiles.command(["git", ...args], folder), {
          env: localGitEnvironment(env),
          timeoutMs: PREPARE_MS,
        });
      await inside(["reset", "--quiet", "--hard", sha]);
      for (const one of submodules) {
        if (one.refused !== undefined) continue;
        const index = { GIT_INDEX_FILE: path.join(folder, ".git", "submodule.index") };
        await inside(["read-tree", one.sha], index);
        await inside(["checkout-index", "--quiet", "--all", `--prefix=${one.path}/`], index);
      }
      return folder;
    },
    collect: async (name, base) => {
      const scratch = `${folderOf(name)}.collect`;
      await userFiles.share(root);
      await userFiles.remove(scratch);
      try {
        const place = lentTo(`${name}.collect`);
        return await collect({ folder: folderOf(name), scratch, mirror, place, base, userFiles });
      } finally {
        await userFiles.remove(scratch);
        await takeBack(`${name}.collect`);
      }
    },
    discard: async (name) => {
      await userFiles.remove(folderOf(name));
      await takeBack(name);
    },
    list: async () => {
      const names = await readdir(root).catch(() => []);
      return Promise.all(names.map((name) => describeFolder(name, folderOf(name), userFiles)));
    },
  };
}

async function describeFolder(
  name: string,
  folder: string,
  userFiles: UserFiles,
): Promise<FolderUse> {
  const changed = await lstat(folder).catch(() => undefined);
  return { name, bytes: await userFiles.measure(folder), changedAtMs: changed?.mtimeMs ?? 0 };
}
