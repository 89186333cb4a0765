/**
 * Nothing that a session starts outlives it. Its processes are found by a mark in their environment, and by the folders
 * in which they stand, for those which dropped the mark.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import type { SessionUser } from "../../adapters/session-user/session-user.ts";

export const MARK = "DISINTO_SESSION";

export interface LeftoverSession {
  readonly mark: string;
  /** Absolute paths without symbolic links. */
  readonly folders: readonly string[];
}

/** Another user's processes are that user's to end, whatever they are marked with; the runner could read no mark of theirs. */
export async function endSession(session: LeftoverSession, user: SessionUser): Promise<void> {
  if (user.uid === undefined) await endLeftovers(session);
  else await user.endAll();
}

/** Kills whatever is left; repeated, since a process may start another while it is being looked for. */
async function endLeftovers(session: LeftoverSession): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const leftovers = await findLeftovers(session);
    if (leftovers.length === 0) return;
    for (const pid of leftovers) signal(pid, "SIGKILL");
  }
}

async function findLeftovers(session: LeftoverSession): Promise<readonly number[]> {
  const entries = await readdir("/proc").catch(() => []);
  const pids = entries.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => belongsTo(pid, session)));
  return pids.filter((pid, n) => found[n] && pid !== process.pid);
}

async function belongsTo(pid: number, { mark, folders }: LeftoverSession): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  if (mark !== "" && environment.split("\0").includes(`${MARK}=${mark}`)) return true;
  const folder = (await readlink(`/proc/${pid}/cwd`).catch(() => "")).replace(/ \(deleted\)$/, "");
  return folders.some((one) => folder === one || folder.startsWith(`${one}/`));
}

/** A negative id means the process group. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
