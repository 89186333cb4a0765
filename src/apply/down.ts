/** Stops what `up` started. */
import { withLock } from "../config/file-lock.ts";
import type { Containers } from "../ports/containers.ts";

export async function stopServices(options: {
  containers: Containers;
  folder: string;
  volumes: boolean;
}): Promise<void> {
  const { containers, folder, volumes } = options;
  await withLock({ folder, name: "operator", waitMs: 0 }, () => containers.down({ volumes }));
}
