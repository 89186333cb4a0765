/** Who a process is: its id and when it started, so that a reused id is never taken for it. */
import { readdir, readFile, readlink, realpath } from "node:fs/promises";

export interface ProcessIdentity {
  readonly pid: number;
  /** Boot id of the kernel and clock ticks since boot. */
  readonly started: string;
}

export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readStat(pid);
  return stat && { pid, started: `${await readBootId()}/${stat.startTicks}` };
}

export async function isAlive({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.started === started;
}

/**
 * Signals the group that the process leads, also when only its children are left. A group id cannot be
 * reused while a member lives; when a stranger leads it, ours is gone and nothing is signalled. What is recorded of a
 * leader is a file that anybody may have written: a member of the group must work below `folder` too.
 * Returns false if nothing was signalled.
 */
export async function signalGroup(
  leader: ProcessIdentity,
  signal: NodeJS.Signals,
  folder: string,
): Promise<boolean> {
  if (!(Number.isSafeInteger(leader.pid) && leader.pid > 1)) return false;
  const now = await identify(leader.pid);
  if (now && now.started !== leader.started) return false;
  if (!leader.started.startsWith(await readBootId())) return false;
  if (!(await worksBelow(leader.pid, folder))) return false;
  try {
    process.kill(-leader.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
  return true;
}

async function worksBelow(group: number, folder: string): Promise<boolean> {
  const place = await realpath(folder).catch(() => undefined);
  if (place === undefined) return false;
  for (const pid of await listMembers(group)) {
    const cwd = (await readlink(`/proc/${pid}/cwd`).catch(() => "")).replace(/ \(deleted\)$/, "");
    if (cwd === place || cwd.startsWith(`${place}/`)) return true;
  }
  return false;
}

async function listMembers(group: number): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const groups = await Promise.all(pids.map(async (pid) => (await readStat(pid))?.group));
  return pids.filter((_, at) => groups[at] === group);
}

/** True while any process of the group lives. */
export async function isGroupAlive(leader: ProcessIdentity): Promise<boolean> {
  const now = await identify(leader.pid);
  if (now) return now.started === leader.started;
  return (await listMembers(leader.pid)).length > 0;
}

/** The processes that lead a group and have this as their current folder. */
export async function findLeadersIn(folder: string): Promise<readonly ProcessIdentity[]> {
  const place = await realpath(folder).catch(() => undefined);
  if (place === undefined) return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      if ((await readlink(`/proc/${pid}/cwd`).catch(() => "")) !== place) return [];
      const leads = (await readStat(Number(pid)))?.group === Number(pid);
      const identity = leads ? await identify(Number(pid)) : undefined;
      return identity ? [identity] : [];
    }),
  );
  return found.flat();
}

/** A zombie has ended; only its parent has not looked yet. */
async function readStat(pid: number): Promise<{ group: number; startTicks: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, , group, startTicks] = [fields[0], fields[1], fields[2], fields[19]];
  if (startTicks === undefined || state === "Z" || state === "X") return undefined;
  return { group: Number(group), startTicks };
}

let bootId: string | undefined;

async function readBootId(): Promise<string> {
  bootId ??= (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  return bootId;
}
