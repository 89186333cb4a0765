/** A push of work: its objects first, however long they take, while the lease is renewed; then refs alone, fenced. */
import type { Claim } from "../../bot/leases/claim.ts";
import type { Counters } from "../../bot/leases/record.ts";
import { deriveObjectsRef } from "../../bot/leases/refs.ts";
import type { ProjectTools } from "../../bot/tools.ts";
import { DisintoError } from "../../errors.ts";
import type { Swap } from "../../ports/git.ts";

interface Push {
  readonly target: Pick<ProjectTools, "mirror">;
  readonly claim: Claim;
}

/** What is smaller than this is through before a lease can lapse: it goes with the refs. */
const MANY_BYTES = 1_000_000;

export async function pushWork(
  { target: { mirror }, claim }: Push,
  branch: Swap & { readonly to: string },
  counters: Counters,
): Promise<"pushed" | "moved"> {
  if ((await mirror.objects.newBytes(branch.to)) < MANY_BYTES) return claim.push(branch, counters);
  const ref = deriveObjectsRef(claim.ref);
  const from = (await mirror.readRefs([ref])).get(ref);
  // Whoever says no to this says it to the fenced push too, whose answer counts.
  if (from !== branch.to) await mirror.swap([{ ref, from, to: branch.to }]);
  try {
    return await claim.push(branch, counters);
  } finally {
    await forget(mirror, { ref, from: branch.to, to: undefined });
  }
}

/** What is left over is replaced by the next push of this issue. */
async function forget(mirror: ProjectTools["mirror"], leftOver: Swap): Promise<void> {
  try {
    await mirror.swap([leftOver]);
  } catch (error) {
    if (!(error instanceof DisintoError)) throw error;
  }
}
