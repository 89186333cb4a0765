import { ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

export async function generate(tools: Tools, { folder }: { folder: string }): Promise<ExitCode> {
  const [fleet, { generateFiles }] = await Promise.all([
    openFleet(tools, folder),
    import("../apply/generate.ts"),
  ]);
  if (!(await generateFiles(fleet, tools.say))) tools.say("nothing to do");
  return ExitCode.done;
}
