/** A name of this machine that leads to it: a browser here, and every container, can then use one address for a part. */
import { lookup } from "node:dns/promises";
import { hostname, networkInterfaces } from "node:os";
import { isName } from "../core/addresses.ts";
import type { MachineName } from "../core/setup.ts";

/** Addresses that the internet does not route: what is published there is reached from one's own networks at most. */
const inner =
  /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;

/** `url`: an address that was given, whose name counts then. */
export async function findMachineName(url?: string): Promise<MachineName | undefined> {
  const name = url === undefined ? hostname().toLowerCase() : new URL(url).hostname;
  if (!isName(name) || !/^[a-z0-9.-]+$/.test(name)) return undefined;
  const found = await lookup(name, { family: 4 }).catch(() => undefined);
  if (!found || !inner.test(found.address)) return undefined;
  return isOurs(found.address) ? { name, address: found.address } : undefined;
}

function isOurs(address: string): boolean {
  if (address.startsWith("127.")) return true;
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.some((one) => one.address === address);
}
