import { takeDown } from "../apply/down.ts";
import { ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

export async function down(
  tools: Tools,
  { folder, volumes = false }: { folder: string; volumes?: boolean },
): Promise<ExitCode> {
  const { containers } = await openFleet(tools, folder);
  await takeDown({ containers, folder, volumes });
  tools.say(volumes ? "everything is stopped, volumes removed" : "everything is stopped");
  return ExitCode.done;
}
