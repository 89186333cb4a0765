/**
 * Forgejo refuses every push that touches protected paths, whoever pushes. For one push of the operator's their patterns are
 * taken out of the branch's rules and put back, each read back; what is lifted is written down first, for whoever comes after
 * a kill.
 */
import type { RepoId } from "../core/factory.ts";
import { filePatterns, matchesFile } from "../core/glob.ts";
import { DisintoError } from "../errors.ts";
import type { ForgeRepositories, Protection } from "../ports/forge-admin.ts";
import { readLifted, removeLifted, writeLifted } from "./sync-files.ts";

interface LiftOptions {
  /** The factory's. */
  readonly folder: string;
  readonly repo: RepoId;
  readonly branch: string;
  /** Those that the push changes. */
  readonly paths: readonly string[];
  /** Restores the rules when this process has ended without doing so; answers how it is told that it need not. */
  readonly guard: () => Promise<() => Promise<void>>;
  readonly say: (line: string) => void;
}

export async function withPathsLifted(
  repositories: ForgeRepositories,
  { folder, repo, branch, paths, guard, say }: LiftOptions,
  push: () => Promise<void>,
): Promise<void> {
  const rules = await repositories.protection(repo, branch);
  const inTheWay = (rules?.protectedPaths ?? []).filter((pattern) =>
    paths.some((path) => matchesFile(filePatterns(pattern), path)),
  );
  if (!rules || inTheWay.length === 0) return push();
  if (rules.requiredApprovals === 0)
    throw new DisintoError("push.refused", `the rules of ${branch} are not the factory's`, {
      hint: "run disinto init, then the same command again",
    });
  const { protectedPaths } = rules;
  await writeLifted(folder, { ...repo, branch, protectedPaths: [...protectedPaths] });
  const release = await guard();
  try {
    say(`~ protected paths of ${branch}: ${inTheWay.join(", ")} lifted for this push`);
    const kept = protectedPaths.filter((pattern) => !inTheWay.includes(pattern));
    await protect(repositories, repo, { ...rules, protectedPaths: kept });
    await push();
  } finally {
    await restoreLifted(repositories, folder, say);
    await release();
  }
}

/** Does nothing where nothing is lifted. */
export async function restoreLifted(
  repositories: ForgeRepositories,
  folder: string,
  say: (line: string) => void,
): Promise<void> {
  const lifted = await readLifted(folder);
  if (!lifted) return;
  const { owner, name, branch, protectedPaths } = lifted;
  const repo = { owner, name };
  const rules = await repositories.protection(repo, branch);
  if (rules) await protect(repositories, repo, { ...rules, protectedPaths });
  await removeLifted(folder);
  say(`~ protected paths of ${branch} restored`);
}

async function protect(
  repositories: ForgeRepositories,
  repo: RepoId,
  wanted: Protection,
): Promise<void> {
  await repositories.protect(repo, wanted);
  const shown = await repositories.protection(repo, wanted.branch);
  const sorted = (list: readonly string[] = []) => [...list].sort().join(";");
  if (sorted(shown?.protectedPaths) === sorted(wanted.protectedPaths)) return;
  throw new DisintoError(
    "forge.invalid",
    `the forge accepted the protected paths of ${wanted.branch} but does not show them`,
    { hint: "run disinto init: it restores the branch's rules" },
  );
}
