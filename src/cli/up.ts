import { resolve } from "node:path";
import { writeEngineFacts } from "../apply/dashboard.ts";
import type { Fleet } from "../apply/observe.ts";
import { applyServices } from "../apply/up.ts";
import { deriveDesired } from "../core/desired.ts";
import { formatPlan } from "../core/plan-text.ts";
import { summarizeServices } from "../core/service-status.ts";
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
  if (!dryRun) await updateDashboard(tools, fleet);
  if (json) tools.print(`${JSON.stringify({ steps, changed }, undefined, 2)}\n`);
  else if (dryRun) tools.print(`${formatPlan(steps, desired)}\n`);
  else tools.say(changed ? "everything is up" : "nothing to do");
  return ExitCode.done;
}

/** The dashboard may not ask the engine, and is told what this command saw last. */
async function updateDashboard(
  tools: Tools,
  { factory, folder, containers }: Fleet,
): Promise<void> {
  if (!factory.dashboard) return;
  const desired = deriveDesired(factory, resolve(folder), containers.project);
  const services = summarizeServices(desired, (await containers.observe()).containers);
  await writeEngineFacts(folder, factory, { at: tools.clock.now().toISOString(), services });
}
