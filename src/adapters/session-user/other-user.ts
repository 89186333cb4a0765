/**
 * Who works in the folder is another user, whom the runner becomes; SETUID and SETGID are all that it has for this. What
 * runs so has no capability, no group and no way to get any.
 */
import { chmod, chown, link, lstat, mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { DisintoError } from "../../errors.ts";
import { type Argv, type Finished, run } from "../process.ts";
import type { UserFiles } from "./user-files.ts";

/** argv that runs the command as this user. */
export function commandAs(uid: number, argv: Argv, folder?: string): Argv {
  return [
    "setpriv",
    `--reuid=${uid}`,
    `--regid=${uid}`,
    "--clear-groups",
    "--inh-caps=-all",
    "--ambient-caps=-all",
    "--no-new-privs",
    "--",
    // The runner itself may not enter the folder.
    ...(folder === undefined ? [] : ["env", `--chdir=${folder}`]),
    ...argv,
  ];
}

/** Nothing of the runner's environment is shown to what runs as somebody else. */
const bare = { env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" } };

/** The runner may not signal another user's process, so the limit is among those of that user. */
export function withTimeLimit(seconds: number, argv: Argv): Argv {
  return ["timeout", "--signal=KILL", String(seconds), ...argv];
}

export function buildOtherUserFiles(uid: number): UserFiles {
  const command = (argv: Argv, folder?: string): Argv => commandAs(uid, argv, folder);
  const act = (argv: Argv, input?: string) =>
    run(command(withTimeLimit(LIMIT_S, argv)), {
      ...bare,
      timeoutMs: 2 * LIMIT_S * 1000,
      ...(input && { input }),
    });
  return {
    command,
    share: async (folder) => {
      await mkdir(folder, { recursive: true });
      // Sticky: what is not that user's own, it cannot remove.
      await chown(folder, process.getuid?.() ?? uid, uid);
      await chmod(folder, 0o1770);
    },
    close: (folder) => chmod(folder, 0o700),
    make: async (folder) => {
      requireDone(await act(["mkdir", "--mode=0700", "--", folder]), folder);
    },
    remove: async (target) => {
      if (await isAbsent(target)) return;
      if ((await act(["rm", "-rf", "--", target])).exitCode !== 0) {
        // Its owner may have shut a folder to itself.
        await act(["chmod", "-R", "u+rwX", "--", target]);
        await act(["rm", "-rf", "--", target]);
      }
      await rm(target, { recursive: true, force: true });
    },
    write: async (file, text) => {
      const both = 'mkdir -p -- "$1" && exec dd of="$2" status=none';
      requireDone(await act(["sh", "-c", both, "sh", path.dirname(file), file], text), file);
    },
    read: async (file, maxBytes) => {
      if (await isAbsent(file)) return undefined;
      // A pipe has no end: the limit is what ends its reading.
      const argv = withTimeLimit(5, ["head", "-c", String(maxBytes + 1), "--", file]);
      const { exitCode, stdout } = await run(command(argv), bare);
      return exitCode === 0 && Buffer.byteLength(stdout) <= maxBytes ? stdout : undefined;
    },
    grantRead: async (folder, place) => {
      const lent = path.join(place, path.basename(folder));
      await mkdir(path.dirname(place), { recursive: true });
      await chmod(path.dirname(place), 0o711);
      await rm(place, { recursive: true, force: true });
      await mkdir(place, { mode: 0o700 });
      await linkFiles(folder, lent);
      await chown(place, process.getuid?.() ?? uid, uid);
      await chmod(place, 0o710);
      return lent;
    },
    measure: async (folder) => {
      const { stdout } = await act(["du", "-s", "--block-size=1", "--", folder]);
      return Number.parseInt(stdout, 10) || 0;
    },
  };
}

const LIMIT_S = 300;

/** What git has not finished yet, or has just moved, is no object. */
async function linkFiles(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (/^(tmp_|incoming-)/.test(entry.name)) continue;
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await linkFiles(source, target);
    else if (entry.isFile()) await link(source, target).catch(ignoreAbsence);
  }
}

/** Where the runner may look: of what lies in another's folder only that user can tell. */
async function isAbsent(target: string): Promise<boolean> {
  return lstat(target).then(
    () => false,
    ({ code }: NodeJS.ErrnoException) => code === "ENOENT",
  );
}

function ignoreAbsence(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

function requireDone({ exitCode, stderr }: Finished, place: string): void {
  if (exitCode === 0) return;
  throw new DisintoError("process.failed", `${place} could not be made: ${stderr.trim()}`);
}
