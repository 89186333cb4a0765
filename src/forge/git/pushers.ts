/** Who pushed which head: the hook writes it down before git moves the ref, so that nobody's push is told as another's. */
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const MAX_BYTES = 1_000_000;

/** Login; undefined where it was not pushed by git, or long ago. */
export async function findPusher(
  repository: string,
  { branch, sha }: { branch: string; sha: string },
): Promise<string | undefined> {
  const text = await readFile(join(repository, "pushers"), "utf8").catch(() => "");
  const line = text
    .split("\n")
    .findLast((one) => one.startsWith(`${sha} `) && one.endsWith(` refs/heads/${branch}`));
  return line?.split(" ")[1];
}

/** Heads are read soon after they were pushed: what is old is asked by nobody. */
export async function forgetPushers(repository: string): Promise<void> {
  const file = join(repository, "pushers");
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size > MAX_BYTES) await rm(file, { force: true });
}
