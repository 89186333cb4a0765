import { readdir } from "node:fs/promises";
import path from "node:path";
import type { SessionUser } from "../adapters/session-user/session-user.ts";

/** Checkouts of the local CI of an older version, which stood in the project's folder. */
export async function removeOlderCheckouts(
  home: string,
  users: readonly SessionUser[],
): Promise<void> {
  const there = new Set(await readdir(home));
  for (const { uid = "", userFiles } of users)
    if (there.has(`work${uid}`)) await userFiles.remove(path.join(home, `work${uid}`));
}
