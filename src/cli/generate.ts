import { ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

export async function generate(tools: Tools, { folder }: { folder: string }): Promise<ExitCode> {
  const fleet = await openFleet(tools, folder);
  const { generateFiles } = await import("../apply/generate.ts");
  if (!(await generateFiles(fleet, tools.say))) tools.say("nothing to do");
  return ExitCode.done;
}
