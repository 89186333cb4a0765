/** One server per folder. The lock is SQLite's own file lock, so it goes with the process, however that ends. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Libsql from "libsql";
import { DisintoError } from "../../errors.ts";

const lockTimeoutMs = 2_000;

/** Waits a little for a server that is just leaving. */
export async function lockFolder(folder: string): Promise<() => void> {
  const lock = new Libsql(join(folder, "server.lock"));
  const end = Date.now() + lockTimeoutMs;
  while (!tryLock(lock)) {
    if (Date.now() > end) {
      lock.close();
      throw new DisintoError("factory.locked", `another forge serves ${folder}`, {
        hint: "stop it, or give this one another folder",
      });
    }
    await sleep(100);
  }
  return () => lock.close();
}

function tryLock(lock: Libsql.Database): boolean {
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return true;
  } catch {
    return false;
  }
}
