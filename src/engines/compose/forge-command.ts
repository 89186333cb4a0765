/** The forge's command line, inside its container. */
import { FORGE_SERVICE } from "../../forge-kinds/service.ts";
import type { Containers } from "../../ports/containers.ts";

export function runForge(containers: Containers, argv: readonly string[]): Promise<string> {
  return containers.exec(FORGE_SERVICE, ["forgejo", ...argv]);
}
