/** Volumes that nothing declared needs any more. Nothing is removed that is not named. */
import { resolve } from "node:path";
import { withLock } from "../config/file-lock.ts";
import { deriveDesired } from "../core/desired.ts";
import { DisintoError } from "../errors.ts";
import type { Fleet } from "./observe.ts";

export interface SpareVolume {
  readonly volume: string;
  /** Containers that still mount it. */
  readonly mountedBy: readonly string[];
}

export async function listSpareVolumes({ factory, folder, containers }: Fleet) {
  const { services } = deriveDesired(factory, resolve(folder));
  const declared = new Set(services.flatMap(({ volumes }) => volumes.map(({ name }) => name)));
  const { volumes } = await containers.observe();
  return [...volumes]
    .filter(([volume]) => !declared.has(volume))
    .map(([volume, mountedBy]): SpareVolume => ({ volume, mountedBy }))
    .sort((a, b) => (a.volume < b.volume ? -1 : 1));
}

export async function removeSpareVolumes(fleet: Fleet, names: readonly string[]): Promise<void> {
  const { folder, containers } = fleet;
  await withLock({ folder, name: "operator", waitMs: 0 }, async () => {
    const spare = new Map((await listSpareVolumes(fleet)).map((one) => [one.volume, one]));
    for (const name of names) {
      const volume = spare.get(name);
      if (!volume) throw toPruneError(name, "is not an unused volume", "run disinto prune");
      const [user] = volume.mountedBy;
      if (user) throw toPruneError(name, `is mounted by ${user}`, `docker rm --force ${user}`);
    }
    for (const name of names) await containers.removeVolume(name);
  });
}

function toPruneError(name: string, why: string, hint: string): DisintoError {
  return new DisintoError("volume.in-use", `${name} ${why}; nothing was removed`, { hint });
}
