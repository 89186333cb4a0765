/** The local engine's volumes: folders of services, and what services that are gone have left. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LocalService } from "./document.ts";

/** Name → folder, of each that exists; one that no service declares any more is called `service/folder`. */
export async function listVolumes(
  root: string,
  services: readonly (readonly [string, LocalService])[],
): Promise<ReadonlyMap<string, string>> {
  const declared = services
    .flatMap(([, service]) => service.volumes)
    .map(async ({ name, path }) => ((await isThere(path)) ? [[name, path] as const] : []));
  const known = new Set(services.map(([name]) => name));
  // Without a list of services nothing can be told to be nobody's.
  const folders = known.size === 0 ? [] : await listFolders(root);
  const gone = folders
    .filter((service) => !known.has(service))
    .map(async (service) =>
      (await listFolders(join(root, service))).map(
        (folder) => [`${service}/${folder}`, join(root, service, folder)] as const,
      ),
    );
  return new Map((await Promise.all([...declared, ...gone])).flat());
}

async function listFolders(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
