import { planFleet } from "../apply/observe.ts";
import { formatPlan, formatUnmanaged } from "../core/plan-text.ts";
import { ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

/** Writes nothing; with `check`, the exit code tells whether `up` would do something. */
export async function plan(
  tools: Tools,
  { folder, check, json }: { folder: string; check?: boolean; json?: boolean },
): Promise<ExitCode> {
  const { steps, desired, unmanaged } = await planFleet(await openFleet(tools, folder));
  tools.print(
    json
      ? `${JSON.stringify({ steps, unmanaged: unmanaged.map(({ name }) => name) }, undefined, 2)}\n`
      : `${formatPlan(steps, desired)}\n`,
  );
  for (const line of formatUnmanaged(unmanaged)) tools.say(line);
  return check && steps.length > 0 ? ExitCode.pendingChanges : ExitCode.done;
}
