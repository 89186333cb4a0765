import { checkFactory } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { formatProjectSchema, formatReference } from "../config/reference.ts";
import { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

/** Every problem at once; exit 2 when there is one. */
export async function checkConfig(
  tools: Tools,
  { folder, json }: { folder: string; json?: boolean },
): Promise<ExitCode> {
  const { problems } = await checkFactory(folder, tools.version);
  if (json) tools.print(`${JSON.stringify({ problems }, undefined, 2)}\n`);
  else for (const problem of problems) tools.say(formatProblem(problem));
  if (problems.length > 0) return ExitCode.usage;
  if (!json) tools.say("the configuration is good");
  return ExitCode.done;
}

export async function printSchema(tools: Tools): Promise<ExitCode> {
  tools.print(formatProjectSchema());
  return ExitCode.done;
}

export async function printReference(tools: Tools): Promise<ExitCode> {
  tools.print(formatReference());
  return ExitCode.done;
}
