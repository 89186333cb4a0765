/** `disinto sync`: the operator's own repository and the one on the forge. */
import { pullOriginal, pushOriginal, restoreRules } from "../apply/sync.ts";
import { loadFactory } from "../config/load.ts";
import { ExitCode } from "../errors.ts";
import { chooseProject } from "./issue-context.ts";
import type { Tools } from "./tools.ts";

interface SyncFlags {
  readonly folder: string;
  readonly repository?: string;
  readonly project?: string;
}

const acts = { push: pushOriginal, pull: pullOriginal };

export async function sync(
  tools: Tools,
  { way, folder, repository: original, project: wanted }: SyncFlags & { way: keyof typeof acts },
): Promise<ExitCode> {
  const { factory, environment } = await loadFactory(folder, tools.version);
  const project = chooseProject(factory.projects, wanted);
  const isChanged = await acts[way](tools, { factory, environment, folder, project, original });
  if (!isChanged) {
    const lacking = way === "push" ? "the forge lacks none of your commits" : "you have all of it";
    tools.say(`nothing to do: ${lacking}`);
  }
  return ExitCode.done;
}

/** Waits until whoever started it has ended. */
export async function restore(tools: Tools, { folder }: { folder: string }): Promise<ExitCode> {
  await tools.readInput();
  const { factory, environment } = await loadFactory(folder, tools.version);
  await restoreRules(tools, { factory, environment, folder });
  return ExitCode.done;
}
