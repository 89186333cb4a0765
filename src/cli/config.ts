import { checkFactory } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { formatProjectSchema, formatReference } from "../config/reference.ts";
import type { Factory } from "../core/factory.ts";
import { findMissingReviewer } from "../core/reviewer.ts";
import { ExitCode } from "../errors.ts";
import type { Tools } from "./tools.ts";

/** Every problem at once; exit 2 when there is one. What is allowed and may not be meant is a warning. */
export async function checkConfig(
  tools: Tools,
  { folder, json }: { folder: string; json?: boolean },
): Promise<ExitCode> {
  const { loaded, problems } = await checkFactory(folder, tools.version);
  const warnings = loaded ? listWarnings(loaded.factory) : [];
  if (json) tools.print(`${JSON.stringify({ problems, warnings }, undefined, 2)}\n`);
  else for (const line of [...problems.map(formatProblem), ...warnings]) tools.say(line);
  if (problems.length > 0) return ExitCode.usage;
  if (!json) tools.say("the configuration is valid");
  return ExitCode.done;
}

function listWarnings(factory: Factory): readonly string[] {
  const missing = findMissingReviewer(factory);
  if (!missing) return [];
  const way = missing.type === "addable" ? "disinto init adds one" : missing.because;
  return [`warning: no bot reviews, so nothing is merged without a person's approval; ${way}`];
}

export async function printSchema(tools: Tools): Promise<ExitCode> {
  tools.print(formatProjectSchema());
  return ExitCode.done;
}

export async function printReference(tools: Tools): Promise<ExitCode> {
  tools.print(formatReference());
  return ExitCode.done;
}
