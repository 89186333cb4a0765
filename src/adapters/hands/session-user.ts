/** As whom a session runs what strangers wrote: in a bot's container a user of its own, on a bare machine the operator's. */
import { run } from "../process.ts";
import { describeProxy } from "../way-out.ts";
import type { Hands } from "./hands.ts";
import { become, buildOtherHands, limit } from "./other.ts";
import { ownHands } from "./own.ts";
import { endProcessesAndRun, endProcessesOf } from "./processes.ts";

export interface SessionUser {
  /** Undefined for the runner's own. */
  readonly uid: number | undefined;
  readonly hands: Hands;
  /** What its programs are told of the way out. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every process of that user; nothing where it is the runner's own. */
  endAll(): Promise<void>;
  /** Names of the files in a folder of that user's; none where there is no folder. */
  listFiles(folder: string): Promise<readonly string[]>;
  /** The same, and what it left where everybody may write. */
  clear(): Promise<void>;
}

export const ownUser: SessionUser = {
  uid: undefined,
  hands: ownHands,
  environment: {},
  endAll: async () => undefined,
  listFiles: (folder) => listFiles(ownHands, folder),
  clear: async () => undefined,
};

async function listFiles(hands: Hands, folder: string): Promise<readonly string[]> {
  const what = ["-mindepth", "1", "-maxdepth", "1", "-type", "f", "-printf", "%f\\0"];
  const { stdout } = await run(hands.as(limit(60, ["find", folder, ...what])));
  return stdout.split("\0").filter((name) => name !== "");
}

const sharedFolders = ["/tmp", "/var/tmp", "/dev/shm"];

export function buildSessionUser(uid: number, proxy?: string): SessionUser {
  const hands = buildOtherHands(uid);
  return {
    uid,
    hands,
    environment: describeProxy(proxy),
    endAll: () => endProcessesOf(uid),
    listFiles: (folder) => listFiles(hands, folder),
    clear: async () => {
      const own = ["-mindepth", "1", "-user", String(uid), "-delete"];
      const find = limit(300, ["find", ...sharedFolders, ...own]);
      if (await endProcessesAndRun(uid, find)) return;
      await endProcessesOf(uid);
      await run(become(uid, find), { env: { PATH: "/usr/bin:/bin" }, timeoutMs: 600_000 });
    },
  };
}
