/** Volumes of versions whose bots ran as another user. */
import type { ObservedFactory, ServiceStep } from "../core/plan.ts";
import type { DesiredService } from "../core/service.ts";
import type { ObservedContainer } from "../ports/containers.ts";

/** `group` are the containers that the service has now. */
export function* planHandOver(
  { volumes }: DesiredService,
  group: readonly ObservedContainer[],
  snapshot: ObservedFactory,
): Generator<ServiceStep> {
  if (group.some(({ isSeparate }) => isSeparate)) return;
  const containers = group.map(({ id }) => id);
  const because =
    "its files become those of the runner's user, which is another since this version";
  for (const { name: volume, owner } of volumes) {
    if (owner === undefined || !snapshot.volumes.has(volume)) continue;
    yield { action: { kind: "hand-over-volume", volume, owner, containers }, because };
  }
}
