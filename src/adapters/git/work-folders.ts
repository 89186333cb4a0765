/**
 * Folders for a harness. Each has its own repository in which the harness may do anything; the runner never runs
 * git there again: what stands in the folder is collected through a fresh repository laid over the files.
 */
import { lstat, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { DisintoError } from "../../errors.ts";
import type { Collected, FolderUse, WorkFolders } from "../../ports/git.ts";
import type { Hands } from "../hands/hands.ts";
import { limit } from "../hands/other.ts";
import { type Argv, run, runOrThrow, runPiped } from "../process.ts";
import { git, hardening } from "./commands.ts";
import { localGitEnvironment } from "./environment.ts";
import { gitFailure } from "./objects.ts";

interface WorkFoldersOptions {
  /** Where the folders are made, one per name. */
  readonly root: string;
  /** The bare mirror that lends its objects. */
  readonly mirror: string;
  /** Of who works in them. */
  readonly hands: Hands;
}

const MAX_PACK_BYTES = 500_000_000;
const MAX_FILE_BYTES = 2_000_000_000;

export function buildWorkFolders({ root, mirror, hands }: WorkFoldersOptions): WorkFolders {
  const folderOf = (name: string): string => path.join(root, name);
  // Beside the folders, where who works in them can make nothing.
  const lentTo = (name: string): string => path.join(`${root}.lent`, name);
  const takeBack = (name: string) => rm(lentTo(name), { recursive: true, force: true });
  return {
    prepare: async (name, { branch, sha }) => {
      const folder = folderOf(name);
      await hands.share(root);
      await hands.remove(folder);
      await hands.make(folder);
      const inside = (...args: readonly string[]) =>
        runOrThrow(hands.as(["git", ...args], folder), { env: localGitEnvironment() });
      await inside("init", "--quiet", "--template=", `--initial-branch=${branch}`, ".");
      await borrowObjects({ git: path.join(folder, ".git"), mirror, place: lentTo(name), hands });
      await inside("update-ref", `refs/heads/${branch}`, sha);
      await inside("reset", "--quiet", "--hard");
      return folder;
    },
    collect: async (name, base) => {
      const scratch = `${folderOf(name)}.collect`;
      await hands.share(root);
      await hands.remove(scratch);
      try {
        const place = lentTo(`${name}.collect`);
        return await collect({ folder: folderOf(name), scratch, mirror, place, base, hands });
      } finally {
        await hands.remove(scratch);
        await takeBack(`${name}.collect`);
      }
    },
    discard: async (name) => {
      await hands.remove(folderOf(name));
      await takeBack(name);
    },
    list: async () => {
      const names = await readdir(root).catch(() => []);
      return Promise.all(names.map((name) => describeFolder(name, folderOf(name), hands)));
    },
  };
}

async function describeFolder(name: string, folder: string, hands: Hands): Promise<FolderUse> {
  const changed = await lstat(folder).catch(() => undefined);
  return { name, bytes: await hands.measure(folder), changedAtMs: changed?.mtimeMs ?? 0 };
}

interface Borrowing {
  /** The repository's folder. */
  readonly git: string;
  readonly mirror: string;
  /** Where the objects are lent. */
  readonly place: string;
  readonly hands: Hands;
}

/** Of the mirror nothing but the objects is shown, and to no other user. */
async function borrowObjects({ git, mirror, place, hands }: Borrowing): Promise<void> {
  const objects = await hands.lend(path.resolve(mirror, "objects"), place);
  await hands.write(path.join(git, "objects", "info", "alternates"), `${objects}\n`);
}

interface Collection {
  readonly folder: string;
  readonly scratch: string;
  readonly mirror: string;
  readonly place: string;
  readonly base: string;
  readonly hands: Hands;
}

async function collect(collection: Collection): Promise<Collected> {
  const { folder, scratch, mirror, place, base, hands } = collection;
  const there = await lstat(folder).catch(() => undefined);
  if (!there?.isDirectory()) return { type: "refused", reason: "its folder is gone" };
  await runOrThrow(hands.as(git.initBare(scratch)), { env: localGitEnvironment() });
  await borrowObjects({ git: scratch, mirror, place, hands });
  const over = {
    env: localGitEnvironment({ GIT_DIR: scratch, GIT_WORK_TREE: folder }),
    timeoutMs: 2 * COLLECT_S * 1000,
  };
  const as = (...args: readonly string[]) => hands.as(bound(["git", ...args]), folder);
  await runOrThrow(as("read-tree", base), over);
  // A failed add leaves write-tree to answer the base's tree in silence: its exit code decides.
  const added = await run(as(...hardening, "add", "--all", "."), over);
  if (added.exitCode !== 0) return judgeAdd(added.stderr);
  const tree = (await runOrThrow(as("write-tree"), over)).trim();
  await handOver(collection, tree);
  const foreign = findForeign(
    await runOrThrow(["git", "diff-tree", "-r", "-z", "--raw", base, tree], {
      env: localGitEnvironment({ GIT_DIR: mirror }),
    }),
  );
  return foreign ? { type: "refused", reason: foreign } : { type: "collected", tree };
}

const COLLECT_S = 300;

/** Of time and of what one file may become; whose process it is may not be the runner's to end. */
function bound(argv: Argv): Argv {
  return limit(COLLECT_S, [
    "prlimit",
    `--fsize=${MAX_FILE_BYTES}`,
    `--cpu=${COLLECT_S}`,
    "--core=0",
    ...argv,
  ]);
}

/** Objects alone pass from one to the other, and only what git itself finds whole. */
async function handOver({ scratch, mirror, base, hands }: Collection, tree: string): Promise<void> {
  const send = ["git", "pack-objects", "--quiet", "--revs", "--stdout", "--thin"] as const;
  const receive = [
    "git",
    "index-pack",
    "--stdin",
    "--fix-thin",
    "--strict",
    `--max-input-size=${MAX_PACK_BYTES}`,
  ] as const;
  const input = `${tree}\n^${base}\n`;
  await runPiped(
    {
      argv: hands.as(bound(send)),
      options: { env: localGitEnvironment({ GIT_DIR: scratch }), input },
    },
    { argv: bound(receive), options: { env: localGitEnvironment({ GIT_DIR: mirror }) } },
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
