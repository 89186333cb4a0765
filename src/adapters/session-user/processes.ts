/** Ends every process of one user of the container. A user's processes cannot hide from it, whatever they call themselves. */
import { readdirSync, readFileSync } from "node:fs";
import { type Argv, run } from "../process.ts";
import { commandAs } from "./other-user.ts";

const ROUNDS = 50;
const PATIENT_ROUNDS = 3;

/** Answers when none is left; zombies are left to who must reap them. */
export async function endProcessesOf(uid: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0 && listProcessesOf(uid).length === 0) return;
    // The shell's own kill: images need not have one as a program. -1 is everybody whom this user may signal.
    await run(commandAs(uid, ["sh", "-c", "kill -KILL -1"]), {
      env: { PATH: "/usr/bin:/bin" },
      timeoutMs: 10_000,
    }).catch(() => undefined);
    // It cannot be started: the user's own have taken all processes that there may be.
    if (round >= PATIENT_ROUNDS) endByTurning(uid);
  }
  const left = listProcessesOf(uid);
  if (left.length > 0) throw new Error(`processes ${left.join(", ")} of user ${uid} do not end`);
}

/**
 * Both in one process, since becoming another user costs more than either. Answers whether none is left: whoever has such a
 * signal waiting starts nothing more.
 */
export async function endProcessesAndRun(uid: number, argv: Argv): Promise<boolean> {
  const both = commandAs(uid, ["sh", "-c", 'kill -KILL -1; exec "$@"', "sh", ...argv]);
  const options = { env: { PATH: "/usr/bin:/bin" }, timeoutMs: 600_000 };
  const isDone = await run(both, options).then(
    () => true,
    () => false,
  );
  return isDone && listProcessesOf(uid).length === 0;
}

/** As that user, in the runner's own process; nothing else runs meanwhile. */
function endByTurning(uid: number): void {
  const own = process.geteuid?.() ?? 0;
  const pids = listProcessesOf(uid).filter((pid) => pid !== process.pid);
  process.seteuid?.(uid);
  try {
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  } finally {
    process.seteuid?.(own);
  }
}

function listProcessesOf(uid: number): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isOf(pid, uid)).map(Number);
}

function isOf(pid: string, uid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const uids = /^Uid:\t(.*)$/m.exec(status)?.[1]?.split("\t").map(Number) ?? [];
    // A process whose first thread is gone looks like a zombie, and runs on in its others.
    const isOver = /^State:\t[ZX]/m.test(status) && /^Threads:\t[01]$/m.test(status);
    return uids.includes(uid) && !isOver;
  } catch {
    return false;
  }
}
