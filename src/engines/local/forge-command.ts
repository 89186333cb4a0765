/** The embedded forge's command line, on the folder that its process has. */
import { resolve } from "node:path";
import { runOrThrow } from "../../adapters/process.ts";
import { deriveDesired } from "../../core/desired.ts";
import type { Factory } from "../../core/factory.ts";
import { FORGE_SERVICE } from "../../forge-kinds/service.ts";
import type { EngineOptions } from "../engines.ts";

export function runForge(
  factory: Factory,
  { folder, self }: EngineOptions,
  argv: readonly string[],
): Promise<string> {
  return runOrThrow([...self, "forge", ...argv, "--folder", findDataFolder(factory, folder)]);
}

function findDataFolder(factory: Factory, folder: string): string {
  const { services } = deriveDesired(factory, resolve(folder));
  const data = services.find(({ name }) => name === FORGE_SERVICE)?.volumes[0]?.path;
  if (!data) throw new Error("the local engine has no forge");
  return data;
}
