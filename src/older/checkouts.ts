import { readdir } from "node:fs/promises";
import path from "node:path";
import type { SessionUser } from "../adapters/hands/session-user.ts";

/** Checkouts of the local CI of an older version, which stood in the project's folder. */
export async function removeOlderCheckouts(
  home: string,
  users: readonly SessionUser[],
): Promise<void> {
  const there = new Set(await readdir(home));
  for (const { uid = "", hands } of users)
    if (there.has(`work${uid}`)) await hands.remove(path.join(home, `work${uid}`));
}
