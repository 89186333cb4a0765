/** Whether what strangers wrote runs apart from the runner, and that it is really shut out from what is not its own. */
import { chmod, mkdir, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { harnessUids, RUNNER_UID, type Separation, stepUids } from "../../core/uids.ts";
import { DisintoError } from "../../errors.ts";
import type { Role } from "../../roles/definitions.ts";
import { run } from "../process.ts";
import { become } from "./other.ts";
import { buildSessionUser, ownUser, type SessionUser } from "./session-user.ts";

export function sessionUserOf(
  { separation }: { readonly separation?: Separation | undefined },
  role: Role,
): SessionUser {
  return separation ? buildSessionUser(harnessUids[role], separation.proxy) : ownUser;
}

/** Before the bot does anything: it is the runner, its folders are its own, and no harness can enter what is shared. */
export async function proveSeparation(settings: {
  readonly separation?: Separation | undefined;
  readonly roles: readonly Role[];
  readonly dataFolder: string;
  readonly reposFolder: string;
}): Promise<void> {
  const { separation, roles, dataFolder, reposFolder } = settings;
  if (!separation) return;
  requireRunner();
  await shutFolders(dataFolder, reposFolder);
  for (const mount of separation.mounts) await requireShut(mount, roles);
}

/** For each run of the CI one of these: its users where runs are separate, else as many times the runner's own. */
export function buildStepUsers(separation: Separation | undefined): readonly SessionUser[] {
  if (!separation) return stepUids.map(() => ownUser);
  requireRunner();
  return stepUids.map((uid) => buildSessionUser(uid, separation.proxy));
}

function requireRunner(): void {
  const uid = process.getuid?.();
  if (uid === RUNNER_UID) return;
  throw new DisintoError("users.not-separate", `this runs as user ${uid}, not as ${RUNNER_UID}`, {
    hint: "keep the entrypoint of disinto's image, and build images with this version: npm run images",
  });
}

/** Harnesses pass through, and see nothing but what is opened for them. */
async function shutFolders(dataFolder: string, reposFolder: string): Promise<void> {
  for (const folder of [dataFolder, reposFolder]) {
    const { uid } = await stat(folder);
    if (uid !== RUNNER_UID)
      throw new DisintoError("users.not-separate", `${folder} belongs to user ${uid}`, {
        hint: "disinto up hands it over",
      });
    await chmod(folder, 0o711);
  }
  await mkdir(path.join(dataFolder, "transcripts"), { recursive: true });
  await chmod(path.join(dataFolder, "transcripts"), 0o700);
  const files = (await readdir(dataFolder, { withFileTypes: true })).filter((one) => one.isFile());
  for (const { name } of files) await chmod(path.join(dataFolder, name), 0o600);
}

async function requireShut(mount: string, roles: readonly Role[]): Promise<void> {
  const { uid } = await stat(mount);
  const ours = [RUNNER_UID, ...Object.values(harnessUids), ...stepUids];
  if (ours.includes(uid)) throw openTo(mount, `it belongs to user ${uid}`);
  for (const role of roles) {
    const enter = become(harnessUids[role], ["test", "-x", mount]);
    const { exitCode } = await run(enter, { env: { PATH: "/usr/bin:/bin" } });
    if (exitCode === 0) throw openTo(mount, "it can be entered by everybody");
  }
}

function openTo(mount: string, why: string): DisintoError {
  return new DisintoError("users.not-separate", `the coding agent could read ${mount}: ${why}`, {
    hint: `on the host: chmod o= on the folder that is mounted there, and chown it to a user of yours`,
  });
}
