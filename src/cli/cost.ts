/** `disinto cost`: what the sessions of all bots have taken, as their ledgers say it. */
import { readLedgers } from "../bot/spending/ledger.ts";
import { type CostGroup, costGroups, formatCost, reportCost } from "../core/cost-report.ts";
import { DisintoError, ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import { withFactoryRepository } from "./pausing.ts";
import type { Tools } from "./tools.ts";

interface CostFlags {
  readonly folder: string;
  readonly by?: string;
  readonly json?: boolean;
}

export async function cost(tools: Tools, { folder, by = "day", json }: CostFlags) {
  const group = costGroups.find((one): one is CostGroup => one === by);
  if (!group)
    throw new DisintoError("usage.invalid", `there is no cost by ${by}`, {
      hint: `--by with one of: ${costGroups.join(", ")}`,
    });
  const fleet = await openFleet(tools, folder);
  const { rows, open } = await withFactoryRepository(tools, fleet, (mirror) => readLedgers(mirror));
  const report = reportCost(rows, group);
  if (json) tools.print(`${JSON.stringify({ ...report, running: open }, undefined, 2)}\n`);
  else {
    tools.print(formatCost(report));
    if (open.length > 0) tools.say(`${open.length} sessions run and are not counted yet`);
  }
  return ExitCode.done;
}
