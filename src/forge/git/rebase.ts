/** Rebases a commit in a throw-away clone and brings the new commits back into the bare repository. */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { GitRepository, Identity } from "./repository.ts";

export type Rebased =
  | { readonly type: "rebased"; readonly sha: string }
  | { readonly type: "conflicting"; readonly commit: string; readonly output: string };

export interface RebaseRequest {
  readonly folder: string;
  readonly head: string;
  readonly onto: string;
  readonly committer: Identity;
}

export async function rebaseOnto(git: GitRepository, request: RebaseRequest): Promise<Rebased> {
  const parent = join(request.folder, "temporary");
  await mkdir(parent, { recursive: true });
  const clone = await mkdtemp(join(parent, "rebase-"));
  try {
    return await rebaseIn(git, clone, request);
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
}

async function rebaseIn(
  git: GitRepository,
  clone: string,
  { head, onto, committer }: RebaseRequest,
): Promise<Rebased> {
  const env = { GIT_COMMITTER_NAME: committer.name, GIT_COMMITTER_EMAIL: committer.email };
  await git.read(["clone", "-q", "--shared", "--no-checkout", git.path, clone], { env });
  await git.read(["checkout", "-q", "--detach", head], { cwd: clone });
  const rebase = await git.attempt(["rebase", onto], { cwd: clone, env });
  if (rebase.exitCode !== 0) {
    const stopped = await readFile(join(clone, ".git/rebase-merge/stopped-sha"), "utf8").catch(
      () => "",
    );
    return { type: "conflicting", commit: stopped.trim(), output: rebase.stderr };
  }
  const result = (await git.read(["rev-parse", "HEAD"], { cwd: clone })).trim();
  await git.read(["fetch", "-q", "--no-write-fetch-head", "--no-tags", clone, "HEAD"]);
  return { type: "rebased", sha: result };
}
