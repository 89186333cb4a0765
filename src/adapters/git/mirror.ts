/** The runner's bare mirror of one project, and compare-and-swap pushes to the forge from it. */
import { chmod, mkdir, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { Mirror, Refs, Swap } from "../../ports/git.ts";
import type { RemoteAccess } from "../../ports/remote-access.ts";
import { type Argv, type RunOptions, run } from "../process.ts";
import { git } from "./commands.ts";
import { localGitEnvironment, remoteGitOptions, WHOLE_REPOSITORY_S } from "./environment.ts";
import { buildFileReader } from "./file-reader.ts";
import { buildObjects, gitFailure, runGit } from "./objects.ts";
import { findRefusal, isServerError } from "./push-refusal.ts";
import { measureFolder } from "./sizes.ts";

interface MirrorOptions {
  /** The bare repository's folder; made when missing. */
  readonly folder: string;
  /** The project's repository on the forge, without credentials. */
  readonly url: string;
  readonly access: RemoteAccess;
  readonly signal?: AbortSignal;
}

export function buildMirror({ folder, url, access, signal }: MirrorOptions): Mirror {
  const here = { cwd: folder, ...(signal && { signal }) };
  const remote = { ...remoteGitOptions(access), ...here };
  const whole = { ...remoteGitOptions(access, WHOLE_REPOSITORY_S), ...here };
  const fetchMirrored = async () =>
    fetch(folder, git.fetch(url), (await hasBranches(folder)) ? remote : whole);
  // Two fetches at once fight over the same refs, and a repository must not be created or repaired under a fetch.
  const inTurn = buildQueue();
  const objects = buildObjects(folder);
  return {
    refresh: () =>
      inTurn(async () => {
        await fetchMirrored();
        return listRefs(folder, git.forEachRef());
      }),
    readRefs: async (patterns) => {
      await inTurn(() => ensureRepository(folder));
      return parseRefs(await runGit("ls-remote", git.lsRemote(url, patterns), remote), "\t");
    },
    fetchRefs: (pattern) =>
      inTurn(async () => {
        await fetch(folder, git.fetch(url, [`+${pattern}:${pattern}`]), remote);
        return listRefs(folder, git.forEachRef(pattern.replace(/\*$/, "")));
      }),
    swap: async (swaps) => {
      const pushed = await run(git.push(url, swaps), remote);
      if (isCleanPush(pushed, swaps)) return "applied";
      const refused = findRefusal(pushed);
      if (refused === undefined) return "unclear";
      return isServerError(pushed) ? { refused, isServerError: true } : { refused };
    },
    objects: {
      ...objects,
      // The first thing that a bot does with a repository may be to take a lease there.
      note: async (message) => {
        await inTurn(() => ensureRepository(folder));
        return objects.note(message);
      },
    },
    files: buildFileReader(folder),
    authorsOf: async (from, to) => {
      const local = { env: localGitEnvironment(), cwd: folder };
      const listed = await runGit("log", git.authors(from, to), local);
      return [...new Set(listed.split("\n").filter((line) => line !== ""))];
    },
    repair: () => inTurn(() => repair(folder, git.fetch(url), whole)),
    compact: () =>
      inTurn(async () => {
        await runGit("gc", git.compact(), {
          env: localGitEnvironment(),
          cwd: folder,
          timeoutMs: GC_MS,
        });
      }),
    sizeBytes: () => measureFolder(folder),
  };
}

const GC_MS = 30 * 60_000;

function buildQueue(): <Result>(act: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const next = last.then(act, act);
    last = next.catch(() => undefined);
    return next;
  };
}

async function fetch(folder: string, command: Argv, remote: RunOptions): Promise<void> {
  await ensureRepository(folder);
  const fetched = await run(command, remote);
  if (fetched.exitCode === 0) return;
  if (await isIntact(folder)) throw gitFailure("fetch", fetched.stderr);
  await rm(folder, { recursive: true, force: true });
  await ensureRepository(folder);
  await runGit("fetch", command, remote);
}

async function listRefs(folder: string, command: Argv): Promise<Refs> {
  const here = { env: localGitEnvironment(), cwd: folder };
  return parseRefs(await runGit("for-each-ref", command, here), " ");
}

async function ensureRepository(folder: string): Promise<void> {
  if (!(await isRepository(folder))) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await runGit("init", git.initBare(folder), { env: localGitEnvironment() });
  }
  // Whoever works on what is in it is lent the objects, and sees no other project's.
  await chmod(folder, 0o700);
}

/** Whether anything was ever fetched: the first time is the whole repository. */
async function hasBranches(folder: string): Promise<boolean> {
  const loose = await readdir(path.join(folder, "refs", "heads")).catch(() => []);
  return (
    loose.length > 0 || (await stat(path.join(folder, "packed-refs")).catch(() => null)) !== null
  );
}

/** What git itself looks for, without a process of its own at each poll; what else is damaged, a fetch finds out. */
async function isRepository(folder: string): Promise<boolean> {
  const parts = ["HEAD", "refs", "objects"].map((name) => stat(path.join(folder, name)));
  return (await Promise.allSettled(parts)).every(({ status }) => status === "fulfilled");
}

async function repair(folder: string, command: Argv, remote: RunOptions): Promise<boolean> {
  await ensureRepository(folder);
  const checked = await run(git.check(), {
    cwd: folder,
    env: localGitEnvironment(),
    timeoutMs: GC_MS,
  });
  if (checked.exitCode === 0) return false;
  await rm(folder, { recursive: true, force: true });
  await ensureRepository(folder);
  await runGit("fetch", command, remote);
  return true;
}

/** A fetch also fails when the forge is away; only broken objects or refs of our own are repaired by cloning anew. */
async function isIntact(folder: string): Promise<boolean> {
  const checked = await run(["git", "fsck", "--connectivity-only", "--no-dangling"], {
    cwd: folder,
    env: localGitEnvironment(),
  });
  return checked.exitCode === 0;
}

function parseRefs(text: string, separator: string): Refs {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [sha = "", ref = ""] = line.split(separator);
      return [ref, sha] as const;
    }),
  );
}

/** Clean: exit 0 and a line of success for each ref. `=` means unchanged, which a unique commit never is. */
function isCleanPush(
  { exitCode, stdout }: { exitCode: number; stdout: string },
  swaps: readonly Swap[],
): boolean {
  if (exitCode !== 0) return false;
  const updated = stdout.split("\n").filter((line) => /^[ +*-]\t/.test(line));
  return updated.length === swaps.length;
}
