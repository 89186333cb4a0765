/** The operator's own repository: told of the forge, compared with it, and brought forward. Its configuration decides nothing. */
import { lstat, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DisintoError } from "../../errors.ts";
import type { Comparison, ForgeBranch, Originals, Remote } from "../../ports/originals.ts";
import { run, runOrThrow } from "../process.ts";
import { localGitEnvironment, remoteGitOptions, WHOLE_REPOSITORY_S } from "./environment.ts";
import { locate, withForeign } from "./foreign-repository.ts";

const HEADS = "refs/heads/";
/** Where the forge's branch stands in the borrowed repository. */
const THERE = "refs/forge/there";

export const originals: Originals = {
  addRemote,
  compare: (folder, place) => withOriginal(folder, (bare) => compare(bare, folder, place)),
  push: (folder, sha, place) => withOriginal(folder, (bare) => push(bare, sha, place)),
  fastForward: (folder, change, place) =>
    withOriginal(folder, (bare) => fastForward(bare, folder, { ...change, ...place })),
};

async function withOriginal<T>(folder: string, act: (bare: string) => Promise<T>): Promise<T> {
  const found = await withForeign(folder, async (bare) => ({ result: await act(bare) }));
  if (found) return found.result;
  throw new DisintoError("usage.invalid", `${folder} does not contain a git repository`, {
    hint: "name the folder of your repository",
  });
}

async function addRemote(folder: string, { name, url, login, helper }: Remote) {
  const place = await locate(path.resolve(folder));
  if (!place) return "taken";
  const file = path.join(place.common, "config");
  const known = await readConfig(file, `remote.${name}.url`);
  if (known.length > 0 && known.join() !== url) return "taken";
  const wanted: readonly (readonly [string, readonly string[]])[] = [
    [`remote.${name}.url`, [url]],
    [`remote.${name}.fetch`, [`+refs/heads/*:refs/remotes/${name}/*`]],
    [`credential.${url}.username`, [login]],
    // The empty one keeps other helpers from being asked, and from storing it.
    [`credential.${url}.helper`, ["", helper]],
  ];
  let isNew = false;
  for (const [key, values] of wanted) {
    const found = await readConfig(file, key);
    if (JSON.stringify(found) === JSON.stringify(values)) continue;
    isNew = true;
    if (found.length > 0) await config(file, ["--unset-all", key]);
    for (const value of values) await config(file, ["--add", key, value]);
  }
  return isNew ? "added" : "present";
}

async function readConfig(file: string, key: string): Promise<readonly string[]> {
  const argv = ["git", "config", "--file", file, "--null", "--get-all", key] as const;
  const { exitCode, stdout } = await run(argv, { cwd: tmpdir(), env: localGitEnvironment() });
  return exitCode === 0 ? stdout.split("\0").slice(0, -1) : [];
}

async function config(file: string, words: readonly string[]): Promise<void> {
  const argv = ["git", "config", "--file", file, ...words] as const;
  await runOrThrow(argv, { cwd: tmpdir(), env: localGitEnvironment() });
}

async function compare(bare: string, folder: string, place: ForgeBranch): Promise<Comparison> {
  const { branch } = place;
  const local = { cwd: bare, env: localGitEnvironment() };
  const here = await resolve(bare, `${HEADS}${branch}`);
  if (here === undefined)
    throw new DisintoError("usage.invalid", `${folder} has no branch ${branch}`, {
      hint: "name the folder of the project's repository",
    });
  const there = await fetchThere(bare, place);
  if (there === undefined) return { here, there, relation: "ahead", paths: [] };
  const diff = ["git", "diff", "--name-only", "-z", "--no-renames", there, here] as const;
  const paths = (await runOrThrow(diff, local)).split("\0").filter((one) => one !== "");
  const isWithin = async (older: string, newer: string) =>
    (await run(["git", "merge-base", "--is-ancestor", older, newer], local)).exitCode === 0;
  if (here === there) return { here, there, relation: "same", paths };
  if (await isWithin(there, here)) return { here, there, relation: "ahead", paths };
  const relation = (await isWithin(here, there)) ? "behind" : "diverged";
  return { here, there, relation, paths };
}

async function resolve(bare: string, ref: string): Promise<string | undefined> {
  const argv = ["git", "rev-parse", "--verify", "--quiet", `${ref}^{commit}`] as const;
  const { exitCode, stdout } = await run(argv, { cwd: bare, env: localGitEnvironment() });
  return exitCode === 0 ? stdout.trim() : undefined;
}

/** With `objects`, what comes is kept there. */
async function fetchThere(
  bare: string,
  { branch, url, access }: ForgeBranch,
  objects?: string,
): Promise<string | undefined> {
  const keep = objects === undefined ? {} : { GIT_OBJECT_DIRECTORY: objects };
  const { env, ...limit } = remoteGitOptions(access, WHOLE_REPOSITORY_S);
  const there = { ...limit, env: { ...env, ...keep }, cwd: bare };
  const asked = ["git", "ls-remote", "--quiet", "--", url, `${HEADS}${branch}`] as const;
  const listed = await runOrThrow(asked, there);
  if (listed.trim() === "") return undefined;
  const argv = ["git", "fetch", "--quiet", "--no-tags", "--no-auto-gc", "--", url] as const;
  const refspec = `+${HEADS}${branch}:${THERE}`;
  await runOrThrow([...argv, refspec], there);
  return resolve(bare, THERE);
}

async function push(
  bare: string,
  sha: string,
  { branch, url, access }: ForgeBranch,
): Promise<void> {
  const argv = ["git", "push", "--quiet", "--no-verify", "--", url] as const;
  const refspec = `${sha}:${HEADS}${branch}`;
  const ended = await run([...argv, refspec], {
    cwd: bare,
    ...remoteGitOptions(access, WHOLE_REPOSITORY_S),
  });
  if (ended.exitCode === 0) return;
  const words = ended.stderr.trim().split("\n").slice(-3).join("; ");
  throw new DisintoError("push.refused", `the forge refuses the push of ${branch}: ${words}`, {
    hint: "disinto init computes who may push; docs/recovery.md says what stands in a push's way",
  });
}

interface Forward extends ForgeBranch {
  readonly from: string;
  readonly to: string;
}

/** Files and index first, the branch last: a second run completes what a kill left. */
async function fastForward(bare: string, folder: string, forward: Forward): Promise<void> {
  const { branch, from, to } = forward;
  const place = await locate(path.resolve(folder));
  if (!place) throw new DisintoError("usage.invalid", `${folder} is no repository`);
  const ref = `${HEADS}${branch}`;
  const other = await findOtherTree(place, ref);
  if (other)
    throw new DisintoError("usage.invalid", `${branch} is checked out in another work tree`, {
      hint: `name that folder: ${other}`,
    });
  const objects = path.join(place.common, "objects");
  if ((await fetchThere(bare, forward, objects)) !== to)
    throw new DisintoError("git.failed", `${branch} has moved on the forge meanwhile`, {
      hint: "run the same command again",
    });
  const head = (await readFile(path.join(place.own, "HEAD"), "utf8")).trim();
  const tree = await findTree(path.resolve(folder), place);
  if (tree !== undefined && head === `ref: ${ref}`) {
    const env = localGitEnvironment({
      GIT_DIR: bare,
      GIT_WORK_TREE: tree,
      GIT_INDEX_FILE: path.join(place.own, "index"),
    });
    await run(["git", "update-index", "-q", "--refresh"], { cwd: tree, env });
    const argv = ["git", "read-tree", "-m", "-u", from, to] as const;
    const ended = await run(argv, { cwd: tree, env });
    if (ended.exitCode !== 0) {
      const words = ended.stderr.trim().split("\n").slice(0, 3).join("; ");
      throw new DisintoError("git.failed", `the files in ${tree} stay as they are: ${words}`, {
        hint: "commit or put away what you have changed there, then run the same command again",
      });
    }
  }
  await moveRef(place.common, { ref, from, to });
}

/** A lock file beside it, as git itself takes one. */
async function moveRef(
  common: string,
  { ref, from, to }: { readonly ref: string; readonly from: string; readonly to: string },
): Promise<void> {
  const file = path.join(common, ref);
  const loose = await readFile(file, "utf8").catch(() => undefined);
  // The folders of a packed one may be gone.
  if (loose === undefined) await mkdir(path.dirname(file), { recursive: true });
  else if (loose.trim() !== from) {
    throw new DisintoError("git.failed", `${ref} has moved meanwhile`, {
      hint: "run the same command again",
    });
  }
  const lock = `${file}.lock`;
  await writeFile(lock, `${to}\n`, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    throw new DisintoError("git.failed", `${ref} is locked by another git (${error.code})`, {
      hint: `wait for it; if none runs, remove ${lock}`,
    });
  });
  await rename(lock, file);
}

/** The work tree of the folder; undefined in a bare repository. */
async function findTree(folder: string, { own }: { own: string }): Promise<string | undefined> {
  for (let at = folder; ; at = path.dirname(at)) {
    const inside = path.join(at, ".git");
    if (inside === own) return at;
    if ((await lstat(inside).catch(() => undefined))?.isFile()) return at;
    if (at === path.dirname(at)) return undefined;
  }
}

/** A work tree of the same repository, other than the folder's, in which the branch is checked out. */
async function findOtherTree(
  { own, common }: { readonly own: string; readonly common: string },
  ref: string,
): Promise<string | undefined> {
  const linked = await readdir(path.join(common, "worktrees")).catch(() => []);
  const trees = [common, ...linked.map((name) => path.join(common, "worktrees", name))];
  for (const tree of trees.filter((one) => one !== own)) {
    const head = await readFile(path.join(tree, "HEAD"), "utf8").catch(() => "");
    const isBare = tree === common && path.basename(common) !== ".git";
    if (!isBare && head.trim() === `ref: ${ref}`)
      return tree === common
        ? path.dirname(common)
        : path.dirname(
            (await readFile(path.join(tree, "gitdir"), "utf8").catch(() => tree)).trim(),
          );
  }
  return undefined;
}
