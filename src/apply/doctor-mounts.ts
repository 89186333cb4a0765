/** Folders of the host that bots have mounted: they are there, the bots can read them, and nobody else can. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import type { Factory } from "../core/factory.ts";
import { engines } from "../engines/definitions.ts";
import type { Finding } from "./finding.ts";

/** Who a bot is in its container (docker/agents/Dockerfile), and so on the host. */
const botId = 1000;

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
    const hint = `mkdir -m 700 ${path} && chown ${botId} ${path}`;
    return { subject, verdict: "bad", message: `${path} is not a folder`, hint };
  }
  if ((found.mode & 0o007) !== 0) {
    const message = `${path} is readable by every user of this machine`;
    return { subject, verdict: "note", message, hint: `chmod o= ${path}` };
  }
  const message = `${path} is readable by ${listReaders(found)}`;
  if (isOpenToBots(found)) return { subject, verdict: "good", message };
  const hint = `chown -R ${botId} ${path}`;
  return { subject, verdict: "note", message: `${message}, not to the bots' user ${botId}`, hint };
}

/** A folder is read by entering it and listing it. */
function mayRead(mode: number, shift: number): boolean {
  return ((mode >> shift) & 0o5) === 0o5;
}

function listReaders({ mode, uid, gid }: Stats): string {
  const readers = [
    ...(mayRead(mode, 6) ? [`user ${uid}`] : []),
    ...(mayRead(mode, 3) ? [`group ${gid}`] : []),
  ];
  return readers.join(" and ") || "root alone";
}

function isOpenToBots({ mode, uid, gid }: Stats): boolean {
  return uid === botId ? mayRead(mode, 6) : gid === botId && mayRead(mode, 3);
}
