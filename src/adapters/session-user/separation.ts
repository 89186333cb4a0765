import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { harnessUids, RUNNER_UID, type Separation, stepUids } from "../../core/uids.ts";
import { DisintoError } from "../../errors.ts";
import { workedWithOpenMounts } from "../../older/open-mounts.ts";
import type { Role } from "../../roles/definitions.ts";
import { run } from "../process.ts";
import { commandAs } from "./other-user.ts";
import { buildSessionUser, ownUser, type SessionUser } from "./session-user.ts";

export function sessionUserOf(
  { separation }: { readonly separation?: Separation | undefined },
  role: Role,
): SessionUser {
  return separation ? buildSessionUser(harnessUids[role], separation.proxy) : ownUser;
}

/**
 * Before the bot does anything: it is the runner, its folders are its own, and no harness can enter what is shared. Answers
 * what is open all the same, as it was before.
 */
export async function proveSeparation(settings: {
  readonly separation?: Separation | undefined;
  readonly roles: readonly Role[];
  readonly dataFolder: string;
  readonly reposFolder: string;
}): Promise<readonly string[]> {
  const { separation, roles, dataFolder, reposFolder } = settings;
  if (!separation) return [];
  requireRunner();
  await shutFolders(dataFolder, reposFolder);
  const open = separation.mounts.map((mount) => findOpening(mount, roles));
  return judgeOpenings((await Promise.all(open)).flat(), dataFolder);
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

export interface SeparationOptions {
  readonly mount: string;
  readonly why: string;
}

async function findOpening(
  mount: string,
  roles: readonly Role[],
): Promise<readonly SeparationOptions[]> {
  const { uid } = await stat(mount);
  const ours = [RUNNER_UID, ...Object.values(harnessUids), ...stepUids];
  if (ours.includes(uid)) return [{ mount, why: `it belongs to user ${uid}` }];
  for (const role of roles) {
    const enter = commandAs(harnessUids[role], ["test", "-x", mount]);
    const { exitCode } = await run(enter, { env: { PATH: "/usr/bin:/bin" } });
    if (exitCode === 0) return [{ mount, why: "it can be entered by everybody" }];
  }
  return [];
}

/**
 * A bot whose agents could read its mounts all the time goes on and says so; every other one does not start. Where they
 * have been found shut once, they have to stay so.
 */
export async function judgeOpenings(
  openings: readonly SeparationOptions[],
  dataFolder: string,
): Promise<readonly string[]> {
  const mark = path.join(dataFolder, "mounts-shut");
  const [first] = openings;
  if (!first) {
    await writeFile(mark, "", { mode: 0o600 });
    return [];
  }
  if (workedWithOpenMounts(dataFolder, mark)) return openings.map(describeOpening);
  throw new DisintoError("users.not-separate", describeOpening(first), { hint: SHUT_HINT });
}

const SHUT_HINT =
  "on the host: chmod o= on the folder that is mounted there, and chown it to a user of yours";

function describeOpening({ mount, why }: SeparationOptions): string {
  return `the coding agent could read ${mount}: ${why}`;
}
