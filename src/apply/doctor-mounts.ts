/** Folders of the host that bots have mounted: they are there, and no user of a container of ours can enter them. */
import { stat } from "node:fs/promises";
import type { Factory } from "../core/factory.ts";
import { harnessUids, RUNNER_UID, stepUids } from "../core/uids.ts";
import { engines } from "../engines/definitions.ts";
import type { Finding } from "./finding.ts";

export async function checkMounts(fleet: { factory: Factory }): Promise<readonly Finding[]> {
  const { engine, shared } = fleet.factory;
  if (!engines[engine].runsImages) return [];
  const folders = Object.values(shared).filter((path): path is string => path !== undefined);
  return Promise.all(folders.map(checkMount));
}

async function checkMount(path: string): Promise<Finding> {
  const subject = "mount";
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) {
    const hint = `mkdir -m 700 ${path}`;
    return { subject, verdict: "bad", message: `${path} is not a folder`, hint };
  }
  const { mode, uid } = found;
  if ((mode & 0o007) !== 0) {
    const message = `${path} is open to every user, so that coding agents can read it, and no new bot starts with it`;
    return { subject, verdict: "bad", message, hint: `chmod o= ${path}` };
  }
  if (users.includes(uid)) {
    const message = `${path} belongs to user ${uid}, who is one of the bots' containers`;
    return { subject, verdict: "bad", message, hint: `chown -R $(id -u) ${path}` };
  }
  return { subject, verdict: "good", message: `${path} is open to user ${uid} alone` };
}

const users = [RUNNER_UID, ...Object.values(harnessUids), ...stepUids];
