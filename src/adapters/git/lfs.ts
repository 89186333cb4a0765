/**
 * Git LFS, which keeps files beside the repository: a factory has no store for them. Its pointers may be moved and
 * deleted; a file put where a pointer belongs would be committed whole, and is refused.
 */
import { formatNames } from "../../core/git-names.ts";
import { run, runOrThrow } from "../process.ts";
import type { RunGit } from "./collection.ts";
import { localGitEnvironment } from "./environment.ts";
import type { Entry } from "./foreign-entries.ts";

const POINTER = "version https://git-lfs.github.com/spec/v1\n";
/** By its specification. */
const MAX_POINTER_BYTES = 1_024;

interface Change {
  readonly mirror: string;
  readonly entries: readonly Entry[];
  /** Where the repository's own attributes hold. */
  readonly runGit: RunGit;
}

/** Why the change cannot be stored; undefined: it can. */
export async function findUnstoredLfs({
  mirror,
  entries,
  runGit,
}: Change): Promise<string | undefined> {
  const files = new Map(
    entries.flatMap(({ path, newMode, newSha }) =>
      newMode.startsWith("100") ? [[path, newSha] as const] : [],
    ),
  );
  if (files.size === 0) return undefined;
  const argv = ["check-attr", "--cached", "-z", "--stdin", "filter"];
  const { stdout } = await runGit(argv, [...files.keys()].join("\0"));
  const parts = stdout.split("\0");
  const kept = parts.filter((_, at) => at % 3 === 0 && parts[at + 2] === "lfs");
  const unstored: string[] = [];
  for (const name of kept)
    if (!(await isPointer(mirror, files.get(name) ?? ""))) unstored.push(name);
  if (unstored.length === 0) return undefined;
  return `it changes files that the repository keeps in Git LFS, which cannot be stored here: ${formatNames(unstored)}`;
}

async function isPointer(mirror: string, blob: string): Promise<boolean> {
  const env = localGitEnvironment({ GIT_DIR: mirror });
  const size = Number(await runOrThrow(["git", "cat-file", "-s", blob], { env }));
  // Git LFS itself leaves an empty file as it is.
  if (size === 0) return true;
  if (size > MAX_POINTER_BYTES) return false;
  return (await runOrThrow(["git", "cat-file", "blob", blob], { env })).startsWith(POINTER);
}

/** Files of attributes that name Git LFS, in a bare repository. */
export async function listLfsAttributes(bare: string, sha: string): Promise<readonly string[]> {
  const { exitCode, stdout } = await run(
    ["git", "grep", "-l", "-z", "-E", "filter=lfs( |$)", sha, "--", ":(top,glob)**/.gitattributes"],
    { cwd: bare, env: localGitEnvironment() },
  );
  if (exitCode !== 0) return [];
  return stdout
    .split("\0")
    .filter((name) => name !== "")
    .map((name) => name.slice(sha.length + 1));
}
