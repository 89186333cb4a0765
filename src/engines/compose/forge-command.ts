/** The forge's command line, inside its container. */
import type { Factory } from "../../core/factory.ts";
import { forgeKinds } from "../../forge-kinds/definitions.ts";
import { FORGE_SERVICE } from "../../forge-kinds/service.ts";
import type { Containers } from "../../ports/containers.ts";

export function runForge(
  containers: Containers,
  { forge }: Factory,
  argv: readonly string[],
): Promise<string> {
  const user = forgeKinds[forge.kind].service?.commandUser;
  return containers.exec(FORGE_SERVICE, ["forgejo", ...argv], user);
}
