/** As whom a session runs what strangers wrote: in a bot's container a user of its own, on a bare machine the operator's. */

import { describeProxy } from "../outgoing-proxy.ts";
import { run } from "../process.ts";
import { buildOtherUserFiles, commandAs, withTimeLimit } from "./other-user.ts";
import { ownUserFiles } from "./own-user.ts";
import { endProcessesAndRun, endProcessesOf } from "./processes.ts";
import type { UserFiles } from "./user-files.ts";

export interface SessionUser {
  /** Undefined for the runner's own. */
  readonly uid: number | undefined;
  readonly userFiles: UserFiles;
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
  userFiles: ownUserFiles,
  environment: {},
  endAll: async () => undefined,
  listFiles: (folder) => listFiles(ownUserFiles, folder),
  clear: async () => undefined,
};

async function listFiles(userFiles: UserFiles, folder: string): Promise<readonly string[]> {
  const what = ["-mindepth", "1", "-maxdepth", "1", "-type", "f", "-printf", "%f\\0"];
  const { stdout } = await run(userFiles.command(withTimeLimit(60, ["find", folder, ...what])));
  return stdout.split("\0").filter((name) => name !== "");
}

const sharedFolders = ["/tmp", "/var/tmp", "/dev/shm"];

export function buildSessionUser(uid: number, proxy?: string): SessionUser {
  const userFiles = buildOtherUserFiles(uid);
  return {
    uid,
    userFiles,
    environment: describeProxy(proxy),
    endAll: () => endProcessesOf(uid),
    listFiles: (folder) => listFiles(userFiles, folder),
    clear: async () => {
      const own = ["-mindepth", "1", "-user", String(uid), "-delete"];
      const find = withTimeLimit(300, ["find", ...sharedFolders, ...own]);
      if (await endProcessesAndRun(uid, find)) return;
      await endProcessesOf(uid);
      await run(commandAs(uid, find), { env: { PATH: "/usr/bin:/bin" }, timeoutMs: 600_000 });
    },
  };
}
