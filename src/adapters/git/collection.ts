/**
 * What a harness left in its folder, as a tree in the mirror: byte for byte what stands there, through a fresh repository
 * laid over the files. No attribute of the repository's converts anything, on the way out or back.
 */
import { lstat } from "node:fs/promises";
import path from "node:path";
import { DisintoError } from "../../errors.ts";
import type { Collected } from "../../ports/git.ts";
import { type Argv, run, runPiped } from "../process.ts";
import { withTimeLimit } from "../session-user/other-user.ts";
import type { UserFiles } from "../session-user/user-files.ts";
import { hardening } from "./commands.ts";
import { localGitEnvironment } from "./environment.ts";
import { findForeign, readEntries } from "./foreign-entries.ts";
import { findUnstoredLfs } from "./lfs.ts";
import { gitFailure } from "./objects.ts";
import { makeRepository } from "./work-repository.ts";

const MAX_PACK_BYTES = 500_000_000;
const MAX_FILE_BYTES = 2_000_000_000;
const COLLECT_S = 300;

export interface Collection {
  readonly folder: string;
  /** Made and removed by the caller. */
  readonly scratch: string;
  readonly mirror: string;
  /** Where its objects are lent, for as long as this takes. */
  readonly place: string;
  readonly base: string;
  readonly userFiles: UserFiles;
}

/** Runs git once the repository's own attributes hold again. */
const AS_COMMITTED = 'rm -rf -- "$GIT_DIR/info" && exec git "$@"';

export async function collect(collection: Collection): Promise<Collected> {
  const { folder, scratch, mirror, place, base, userFiles } = collection;
  const there = await lstat(folder).catch(() => undefined);
  if (!there?.isDirectory()) return { type: "refused", reason: "its folder is gone" };
  await makeRepository(scratch, { init: ["--bare"], gitFolder: ".", mirror, place, userFiles });
  const over = {
    env: localGitEnvironment({ GIT_DIR: scratch, GIT_WORK_TREE: folder }),
    timeoutMs: 2 * COLLECT_S * 1000,
  };
  const runGit = (args: readonly string[], input?: string) =>
    run(userFiles.command(bound(["git", ...hardening, ...args]), folder), {
      ...over,
      ...(input !== undefined && { input }),
    });
  await orThrow(runGit(["read-tree", base]));
  const hidden = await listIgnoredEntries(runGit);
  // A failed add leaves write-tree to answer the base's tree in silence: its exit code decides.
  const added = await runGit(["add", "--all", "."]);
  if (added.exitCode !== 0) return judgeAdd(added.stderr);
  await followMoved(runGit, hidden);
  const tree = (await orThrow(runGit(["write-tree"]))).trim();
  await handOver(collection, tree);
  const entries = await readEntries(mirror, { from: base, to: tree });
  const foreign = await findForeign(mirror, entries);
  if (foreign) return { type: "refused", reason: foreign };
  const asCommitted: RunGit = (args, input = "") =>
    run(userFiles.command(bound(["sh", "-c", AS_COMMITTED, "sh", ...hardening, ...args]), folder), {
      ...over,
      input,
    });
  const lfs = await findUnstoredLfs({ mirror, entries, runGit: asCommitted });
  return lfs ? { type: "refused", reason: lfs } : { type: "collected", tree };
}

/** Runs git over the folder as who works in it. */
export type RunGit = (
  args: readonly string[],
  input?: string,
) => Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;

async function orThrow(running: ReturnType<RunGit>): Promise<string> {
  const { exitCode, stdout, stderr } = await running;
  if (exitCode === 0) return stdout;
  throw gitFailure("collect", stderr);
}

/** Name → blob of what is tracked although the repository ignores its like. */
async function listIgnoredEntries(runGit: RunGit): Promise<ReadonlyMap<string, string>> {
  const argv = ["ls-files", "--cached", "--ignored", "--exclude-standard", "--stage", "-z"];
  const lines = (await orThrow(runGit(argv))).split("\0").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [head = "", name = ""] = split(line, "\t");
      return [name, head.split(" ")[1] ?? ""] as const;
    }),
  );
}

function split(line: string, separator: string): readonly [string, string] {
  const at = line.indexOf(separator);
  return [line.slice(0, at), line.slice(at + 1)];
}

/** One of them that was moved to another ignored name was not deleted: it is added there, and nothing else ignored is. */
async function followMoved(runGit: RunGit, before: ReadonlyMap<string, string>): Promise<void> {
  if (before.size === 0) return;
  const after = await listIgnoredEntries(runGit);
  const gone = new Map([...before].filter(([name]) => !after.has(name)));
  if (gone.size === 0) return;
  const names = await listIgnoredFiles(runGit, [...gone.keys()]);
  const hash = ["hash-object", "--no-filters", "--stdin-paths"];
  const hashed = await runGit(hash, names.map((name) => `${name}\n`).join(""));
  if (hashed.exitCode !== 0) return;
  const blobs = hashed.stdout.split("\n");
  const wanted = new Set(gone.values());
  const moved = names.filter((_, at) => wanted.has(blobs[at] ?? ""));
  if (moved.length === 0) return;
  const add = ["--literal-pathspecs", "add", "--force", "--pathspec-from-file=-"];
  await orThrow(runGit([...add, "--pathspec-file-nul"], moved.join("\0")));
}

/** Beside those that are gone, and wherever a folder is not ignored as a whole: nobody moves files into a cache. */
async function listIgnoredFiles(
  runGit: RunGit,
  gone: readonly string[],
): Promise<readonly string[]> {
  const argv = ["ls-files", "--others", "--ignored", "--exclude-standard", "-z"];
  const places = [...new Set(gone.map((name) => path.posix.dirname(name)))];
  const beside = places.map((place) => `:(top,glob)${place.replace(/[*?[\]\\]/g, "\\$&")}/*`);
  const listed = await Promise.all([
    orThrow(runGit([...argv, "--directory"])),
    orThrow(runGit([...argv, "--", ...beside])),
  ]);
  const names = listed.flatMap((text) => text.split("\0"));
  return [...new Set(names)].filter((name) => name !== "" && !/\/$|\n/.test(name));
}

/** Limits time and what one file may become; whose process it is may not be the runner's to end. */
function bound(argv: Argv): Argv {
  return withTimeLimit(COLLECT_S, [
    "prlimit",
    `--fsize=${MAX_FILE_BYTES}`,
    `--cpu=${COLLECT_S}`,
    "--core=0",
    ...argv,
  ]);
}

/** Objects alone pass from one to the other, and only what git itself finds whole. */
async function handOver(
  { scratch, mirror, base, userFiles }: Collection,
  tree: string,
): Promise<void> {
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
      argv: userFiles.command(bound(send)),
      options: { env: localGitEnvironment({ GIT_DIR: scratch }), input },
    },
    { argv: bound(receive), options: { env: localGitEnvironment({ GIT_DIR: mirror }) } },
  ).catch((error: unknown) => {
    throw new DisintoError("git.failed", "the harness's files could not be collected", {
      cause: error,
    });
  });
}

/** What cannot be read is the harness's doing; a full disk is not. */
function judgeAdd(stderr: string): Collected {
  const failure = gitFailure("add", stderr);
  if (failure.code === "disk.full") throw failure;
  return { type: "refused", reason: `its files cannot be collected: ${stderr.trim().slice(-500)}` };
}
