import { planFleetIdentities } from "../apply/identity-plan.ts";
import { describeMissing, planFleet } from "../apply/observe.ts";
import { formatIdentityStep } from "../core/identity-text.ts";
import { formatPlan, formatUnmanaged } from "../core/plan-text.ts";
import { ExitCode } from "../errors.ts";
import { openFleet } from "./fleet.ts";
import type { Tools } from "./tools.ts";

/** Writes nothing; with `check`, the exit code tells whether `up` or `init` would do something. */
export async function plan(
  tools: Tools,
  { folder, check, json }: { folder: string; check?: boolean; json?: boolean },
): Promise<ExitCode> {
  const fleet = await openFleet(tools, folder);
  const { steps, desired, unmanaged, missing } = await planFleet(fleet);
  const { steps: identities, unseen } = await planFleetIdentities(tools, fleet);
  if (json) {
    const names = unmanaged.map(({ name }) => name);
    tools.print(
      `${JSON.stringify({ steps, identities, unseen, unmanaged: names, missing }, undefined, 2)}\n`,
    );
  } else {
    for (const line of [formatPlan(steps, desired), ...identities.map(formatIdentityStep)])
      tools.print(`${line}\n`);
  }
  for (const line of formatUnmanaged(unmanaged)) tools.say(line);
  if (unseen !== undefined) tools.say(`the identities on the forge were not checked: ${unseen}`);
  if (missing.length > 0) tools.say(`${describeMissing(missing)}; before up: disinto init`);
  if (identities.length > 0) tools.say("to check and repair them: disinto init");
  const isPending = steps.length > 0 || identities.length > 0;
  return check && isPending ? ExitCode.pendingChanges : ExitCode.done;
}
