/**
 * What a repository brings that an agent would take for its own settings and run, whatever it is told. It is laid aside
 * for the session and put back afterwards, so that the change which is collected does not lack it.
 */

import { type Argv, run } from "../../adapters/process.ts";
import type { SessionUser } from "../../adapters/session-user/session-user.ts";

export interface HiddenFiles {
  readonly folder: string;
  readonly names: readonly string[];
  /** A folder beside it, for the time of the session. */
  readonly aside: string;
  readonly user: SessionUser;
}

export async function hideFiles({ folder, names, aside, user }: HiddenFiles): Promise<void> {
  if (names.length === 0) return;
  const { userFiles } = user;
  await userFiles.remove(aside);
  await userFiles.make(aside);
  const named = names.flatMap((name) => ["-o", "-name", name]).slice(1);
  const which = [...once, "(", ...named, ")"];
  await move(user, ["find", folder, ...which, "-exec", "mv", "-t", aside, "--", "{}", "+"]);
}

/** What the session itself made in its place stays, and is the change. */
export async function showFiles({ folder, names, aside, user }: HiddenFiles): Promise<void> {
  if (names.length === 0) return;
  await move(user, ["find", aside, ...once, "-exec", "mv", "-n", "-t", folder, "--", "{}", "+"]);
  await user.userFiles.remove(aside);
}

const once = ["-mindepth", "1", "-maxdepth", "1"];

/** Links stay links: what they point to is none of ours. */
async function move({ userFiles }: SessionUser, argv: Argv): Promise<void> {
  // A folder that the session deleted takes nothing back.
  await run(userFiles.command(argv));
}
