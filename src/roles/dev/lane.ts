/**
 * The lane: the turn to merge into a branch. Fairness only; what may land is decided by the forge's compare-and-swap.
 * A bot that lost two rounds takes it and holds it through CI; while somebody holds it, the others do not merge.
 */
import { deriveLaneRef } from "../../bot/leases/refs.ts";
import type { ProjectTools } from "../../bot/tools.ts";
import { LANE_AFTER, LOST_ROUNDS } from "./retries.ts";
import type { Work } from "./work.ts";

function refOf({ project }: ProjectTools): string {
  return deriveLaneRef(project.primaryBranch);
}

/** One look; false: somebody else has the turn. A lane that a dead bot left is taken over when its term has passed. */
export async function enterLane(target: ProjectTools, { counters }: Work): Promise<boolean> {
  const { claims, mirror } = target;
  const ref = refOf(target);
  if (claims.isHeld(ref)) return true;
  const needs = (counters[LOST_ROUNDS] ?? 0) >= LANE_AFTER;
  const sha = (await mirror.readRefs([ref])).get(ref);
  if (sha === undefined && !needs) return true;
  const claim = await claims.tryAcquireAt({ ref, sha });
  if (!claim) return false;
  if (!needs) await claim.release();
  return true;
}

/** Nothing to do where the lane is not held. */
export async function leaveLane(target: ProjectTools): Promise<void> {
  const ref = refOf(target);
  if (!target.claims.isHeld(ref)) return;
  await target.claims.withLease(ref, new AbortController().signal, (claim) => claim.release());
}

/** Ends after which the work still is on its way to a merge; after all others the turn is somebody else's. */
const stillMerging: ReadonlySet<string> = new Set([
  "green",
  "behind",
  "infrastructure",
  "approved",
  "rebased",
  "moved",
]);

/** Called after every activity; passes its outcome on. */
export async function leaveLaneAfter<Outcome extends { readonly type: string }>(
  target: ProjectTools,
  outcome: Outcome,
): Promise<Outcome> {
  if (!stillMerging.has(outcome.type)) await leaveLane(target);
  return outcome;
}
