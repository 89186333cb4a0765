import { applyServices } from "../apply/up.ts";
import { formatPlan } from "../core/plan-text.ts";
import { ExitCode } from "../errors.ts";
import { askOnTerminal, openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

export interface UpFlags {
  readonly folder: string;
  readonly dryRun?: boolean;
  readonly remove?: boolean;
  readonly json?: boolean;
  readonly wait?: boolean;
}

const waitMs = 30 * 60_000;

export async function up(tools: Tools, flags: UpFlags): Promise<ExitCode> {
  const { dryRun = false, remove = false, wait = false, json = false } = flags;
  const fleet = await openFleet(tools, flags.folder);
  const confirm = askOnTerminal(tools.signal);
  const { steps, desired, changed } = await applyServices({
    ...fleet,
    say: tools.say,
    oneShots: tools.oneShots,
    terminal: process.stderr.isTTY ? { clock: tools.clock } : undefined,
    dryRun,
    remove,
    waitMs: wait ? waitMs : 0,
    ...(confirm && { confirm }),
  });
  if (json) tools.print(`${JSON.stringify({ steps, changed }, undefined, 2)}\n`);
  else if (dryRun) tools.print(`${formatPlan(steps, desired)}\n`);
  else tools.say(changed ? "everything is up" : "nothing to do");
  return ExitCode.done;
}
