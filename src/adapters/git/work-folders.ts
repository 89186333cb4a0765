/**
 * Folders for a harness. Each has its own repository in which the harness may do anything; the runner never runs
 * git there again: what stands in the folder is collected through a fresh repository laid over the files.
 */
import { lstat, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { DisintoError } from "../../errors.ts";
import type { Collected, FolderUse, WorkFolders } from "../../ports/git.ts";
import { run, runOrThrow, runPiped } from "../process.ts";
import { git, hardening } from "./commands.ts";
import { localGitEnvironment } from "./environment.ts";
import { gitFailure } from "./objects.ts";
import { measureFolder } from "./sizes.ts";

interface WorkFoldersOptions {
  /** Where the folders are made, one per name. */
  readonly root: string;
  /** The bare mirror that lends its objects. */
  readonly mirror: string;
}

const MAX_PACK_BYTES = 500_000_000;

export function buildWorkFolders({ root, mirror }: WorkFoldersOptions): WorkFolders {
  const folderOf = (name: string): string => path.join(root, name);
  return {
    prepare: async (name, { branch, sha }) => {
      const folder = folderOf(name);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      const inside = { cwd: folder, env: localGitEnvironment() };
      await runOrThrow(["git", "init", "--quiet", "--template=", "."], inside);
      await borrowObjects(path.join(folder, ".git"), mirror);
      await runOrThrow(["git", "update-ref", `refs/heads/${branch}`, sha], inside);
      await runOrThrow(["git", "symbolic-ref", "HEAD", `refs/heads/${branch}`], inside);
      await runOrThrow(["git", "reset", "--quiet", "--hard"], inside);
      return folder;
    },
    collect: async (name, base) => {
      const scratch = `${folderOf(name)}.collect`;
      await rm(scratch, { recursive: true, force: true });
      try {
        return await collect({ folder: folderOf(name), scratch, mirror, base });
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
    discard: async (name) => {
      await rm(folderOf(name), { recursive: true, force: true });
    },
    list: async () => {
      const names = await readdir(root).catch(() => []);
      return Promise.all(names.map((name) => describeFolder(name, folderOf(name))));
    },
  };
}

async function describeFolder(name: string, folder: string): Promise<FolderUse> {
  const changed = await stat(folder).catch(() => undefined);
  return { name, bytes: await measureFolder(folder), changedAtMs: changed?.mtimeMs ?? 0 };
}

async function borrowObjects(gitFolder: string, mirror: string): Promise<void> {
  await mkdir(path.join(gitFolder, "objects", "info"), { recursive: true });
  await writeFile(
    path.join(gitFolder, "objects", "info", "alternates"),
    `${path.resolve(mirror, "objects")}\n`,
  );
}

interface Collection {
  readonly folder: string;
  readonly scratch: string;
  readonly mirror: string;
  readonly base: string;
}

async function collect({ folder, scratch, mirror, base }: Collection): Promise<Collected> {
  const there = await lstat(folder).catch(() => undefined);
  if (!there?.isDirectory()) return { type: "refused", reason: "its folder is gone" };
  await runOrThrow(git.initBare(scratch), { env: localGitEnvironment() });
  await borrowObjects(scratch, mirror);
  const env = localGitEnvironment({ GIT_DIR: scratch, GIT_WORK_TREE: folder });
  const over = { cwd: folder, env, timeoutMs: 300_000 };
  await runOrThrow(["git", "read-tree", base], over);
  // A failed add leaves write-tree to answer the base's tree in silence: its exit code decides.
  const added = await run(["git", ...hardening, "add", "--all", "."], over);
  if (added.exitCode !== 0) return judgeAdd(added.stderr);
  const tree = (await runOrThrow(["git", "write-tree"], over)).trim();
  const foreign = findForeign(
    await runOrThrow(["git", "diff-tree", "-r", "-z", "--raw", base, tree], over),
  );
  if (foreign) return { type: "refused", reason: foreign };
  await handOver({ scratch, mirror, base, tree });
  return { type: "collected", tree };
}

async function handOver({
  scratch,
  mirror,
  base,
  tree,
}: Omit<Collection, "folder"> & { tree: string }): Promise<void> {
  const send = ["git", "pack-objects", "--quiet", "--revs", "--stdout", "--thin"] as const;
  const receive = [
    "git",
    "index-pack",
    "--stdin",
    "--fix-thin",
    "--strict",
    `--max-input-size=${MAX_PACK_BYTES}`,
  ] as const;
  await runPiped(
    {
      argv: send,
      options: { env: localGitEnvironment({ GIT_DIR: scratch }), input: `${tree}\n^${base}\n` },
    },
    { argv: receive, options: { env: localGitEnvironment({ GIT_DIR: mirror }) } },
  ).catch((error: unknown) => {
    throw new DisintoError("git.failed", "the harness's files could not be collected", {
      cause: error,
    });
  });
}

const refusedModes: Readonly<Record<string, string>> = {
  "160000": "a nested repository",
  "120000": "a symbolic link",
};

/** The first entry of a raw diff that a harness may not add, described; `:old new sha sha status\0path\0…`. */
function findForeign(rawDiff: string): string | undefined {
  const parts = rawDiff.split("\0");
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [oldMode, newMode = ""] = (parts[at] ?? "").slice(1).split(" ");
    const what = refusedModes[newMode];
    if (what && oldMode !== newMode) return `it adds ${what}: ${JSON.stringify(parts[at + 1])}`;
  }
  return undefined;
}

/** What cannot be read is the harness's doing; a full disk is not. */
function judgeAdd(stderr: string): Collected {
  const failure = gitFailure("add", stderr);
  if (failure.code === "disk.full") throw failure;
  return { type: "refused", reason: `its files cannot be collected: ${stderr.trim().slice(-500)}` };
}
