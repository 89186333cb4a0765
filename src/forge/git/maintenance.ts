/** Packs what has gathered and drops what nothing reaches: leases leave a small object with every renewal. */
import { setInterval as every } from "node:timers/promises";
import { type ForgeContext, gitOf } from "../forge.ts";
import { allRepositories } from "../repositories/repositories.ts";
import type { RepositoryRow } from "../store/rows.ts";

const intervalMs = 30 * 60_000;
const defaultMinimum = 2_000;
/** Longer than any push takes, so nothing is dropped between its arrival and its ref. */
const grace = "2.hours.ago";

export async function maintain(forge: ForgeContext, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of every(intervalMs, undefined, { signal, ref: false })) {
      for (const repository of allRepositories(forge.db)) await collectGarbage(forge, repository);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** `--prune` removes unreachable objects older than the grace; moving refs stay safe by git's own locks. */
export async function collectGarbage(
  forge: ForgeContext,
  repository: RepositoryRow,
  { atLeast = defaultMinimum, expire = grace } = {},
): Promise<boolean> {
  const git = gitOf(forge, repository);
  const counted = await git.attempt(["count-objects"]);
  if (Number.parseInt(counted.stdout, 10) < atLeast) return false;
  return (await git.attempt(["gc", "--quiet", `--prune=${expire}`])).exitCode === 0;
}
