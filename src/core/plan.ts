/** Desired against observed → the steps between them, each with its reason. No values, no secrets. */

import { OLDER_LLAMA_SERVICE, OLDER_LLAMA_SUCCESSOR } from "../older/llama-service.ts";
import type { ObservedContainer, RenderedService } from "../ports/containers.ts";
import type { Desired } from "./desired.ts";
import type { ImageDigests } from "./image-digests.ts";
import { groupByService, planStarts } from "./plan-starts.ts";
import type { DesiredService } from "./service.ts";
import type { Step } from "./step.ts";

/** One snapshot, taken before planning. */
export interface ObservedFactory {
  readonly rendered: ReadonlyMap<string, RenderedService>;
  readonly containers: readonly ObservedContainer[];
  readonly volumes: ReadonlyMap<string, readonly string[]>;
  /** Variables that an older installation supplies and `.env` does not hold yet. */
  readonly adopted: readonly { readonly key: string; readonly because: string }[];
  /** As the last `up` wrote it down. */
  readonly recordedImages?: ImageDigests | undefined;
  /** Each generated file on disk, beside what would be written. */
  readonly files: readonly { path: string; state: "same" | "missing" | "different" }[];
}

/** One service that is started by a `start-services` step. */
export interface ServiceStart {
  readonly service: string;
  /** True if its container is replaced. */
  readonly change: "start" | "replace";
  readonly because: string;
}

export type ServiceAction =
  | { readonly kind: "set-variable"; readonly variable: string }
  | { readonly kind: "write-file"; readonly path: string; readonly isNew: boolean }
  | {
      readonly kind: "remove-service";
      readonly service: string;
      readonly containers: readonly string[];
      /** Nobody asked for it in so many words: needs a yes, or `--remove`. */
      readonly needsConsent: boolean;
    }
  /** A container that the engine would leave standing beside its service's new one. */
  | { readonly kind: "remove-container"; readonly service: string; readonly container: string }
  /** Carried out by the start of the service, whose engine labels the volume. */
  | { readonly kind: "create-volume"; readonly volume: string; readonly service: string }
  /** Its files become that user's, where they are an older version's; that version's containers are ended before. */
  | {
      readonly kind: "hand-over-volume";
      readonly volume: string;
      readonly owner: number;
      readonly containers: readonly string[];
    }
  /** All in one call of the engine. */
  | { readonly kind: "start-services"; readonly starts: readonly ServiceStart[] }
  /** Takes a volume that bots have mounted from everybody but its owner. */
  | { readonly kind: "close-volume"; readonly volume: string };

export type ServiceStep = Step<ServiceAction>;

export interface PlanOptions {
  /** Only these services; every other one stays as it is. */
  readonly only?: readonly string[] | undefined;
}

/** The steps in the order in which they run: names and volumes are free before a container needs them. */
export function planServices(
  desired: Desired,
  snapshot: ObservedFactory,
  { only }: PlanOptions = {},
): readonly ServiceStep[] {
  const isMeant = (service: string): boolean => only?.includes(service) ?? true;
  const removals = [...planRemovals(desired, snapshot)].filter(({ action }) =>
    isMeant(action.service),
  );
  const services = desired.services.filter(({ name, enabled }) => enabled && isMeant(name));
  return [
    ...planVariables(snapshot),
    ...planFiles(snapshot),
    ...removals,
    ...planStarts({ ...desired, services }, snapshot),
  ];
}

function* planVariables({ adopted }: ObservedFactory): Generator<ServiceStep> {
  for (const { key, because } of adopted)
    yield { action: { kind: "set-variable", variable: key }, because };
}

function* planFiles({ files }: ObservedFactory): Generator<ServiceStep> {
  for (const { path, state } of files) {
    if (state === "same") continue;
    const isNew = state === "missing";
    const because = isNew ? "missing" : "differs from the configuration";
    yield { action: { kind: "write-file", path, isNew }, because };
  }
}

type Removal = Step<Extract<ServiceAction, { kind: "remove-service" }>>;

/** First, because a container's name must be free before its successor can have it. */
function* planRemovals(desired: Desired, { containers }: ObservedFactory): Generator<Removal> {
  const wanted = new Map(desired.services.map((service) => [service.name, service]));
  for (const [service, group] of groupByService(containers)) {
    const declared = wanted.get(service);
    if (declared?.enabled) continue;
    const known = declared !== undefined || service === OLDER_LLAMA_SERVICE;
    const ids = group.filter(({ ours }) => ours || known).map(({ id }) => id);
    if (ids.length === 0) continue;
    const successor = declared ? undefined : findSuccessor(service, group, desired);
    const needsConsent = declared === undefined && successor === undefined;
    yield {
      action: { kind: "remove-service", service, containers: ids, needsConsent },
      because: explainRemoval(service, declared, successor),
    };
  }
}

function findSuccessor(
  service: string,
  group: readonly ObservedContainer[],
  { services }: Desired,
): DesiredService | undefined {
  if (service === OLDER_LLAMA_SERVICE)
    return services.find(({ name }) => name === OLDER_LLAMA_SUCCESSOR);
  return services.find(({ container }) => group.some(({ name }) => name === container));
}

function explainRemoval(
  service: string,
  declared: DesiredService | undefined,
  successor: DesiredService | undefined,
): string {
  if (declared) return "enabled = false; its volumes are kept";
  const why = successor ? `replaced by ${successor.name}` : "no longer declared";
  const moves = successor !== undefined && service !== OLDER_LLAMA_SERVICE;
  return `${why}; its volumes are kept${moves ? "" : " (disinto prune)"}`;
}

/** Services in the same compose project that are neither declared nor made by disinto: they are reported and left alone. */
export function listUnmanaged(
  { services }: Desired,
  { containers, rendered }: Pick<ObservedFactory, "containers" | "rendered">,
): readonly ObservedContainer[] {
  const declared = new Set(services.map(({ name }) => name));
  return containers.filter(
    ({ service, ours }) =>
      !ours && !declared.has(service) && !rendered.has(service) && service !== OLDER_LLAMA_SERVICE,
  );
}
