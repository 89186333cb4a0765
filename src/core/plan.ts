/** Desired against observed → the steps between them, each with its reason. No values, no secrets. */
import type { ObservedContainer, Properties, RenderedService } from "../ports/containers.ts";
import type { Desired } from "./desired.ts";
import type { DesiredService } from "./service.ts";

/** One snapshot, taken before planning. */
export interface Snapshot {
  readonly rendered: ReadonlyMap<string, RenderedService>;
  readonly containers: readonly ObservedContainer[];
  readonly volumes: ReadonlyMap<string, readonly string[]>;
  /** Variables that an older installation supplies and `.env` does not hold yet. */
  readonly adopted: readonly { readonly key: string; readonly because: string }[];
  /** Each generated file on disk, beside what would be written. */
  readonly files: readonly { path: string; state: "same" | "missing" | "different" }[];
}

export type Action =
  | { readonly kind: "set-variable"; readonly variable: string }
  | { readonly kind: "write-file"; readonly path: string; readonly isNew: boolean }
  | { readonly kind: "create-volume"; readonly volume: string }
  | {
      readonly kind: "hand-over-volume";
      readonly volume: string;
      readonly owner: number;
      /** Of an older version, whose files they are now: ended before. */
      readonly containers: readonly string[];
    }
  | { readonly kind: "start-service"; readonly service: string }
  | {
      readonly kind: "replace-service";
      readonly service: string;
      /** Containers the engine would leave standing beside the new one. */
      readonly containers: readonly string[];
    }
  | {
      readonly kind: "remove-service";
      readonly service: string;
      readonly containers: readonly string[];
      /** Nobody asked for it in so many words: needs a yes, or `--remove`. */
      readonly needsConsent: boolean;
    };

export interface Step {
  readonly action: Action;
  readonly because: string;
}

export function planServices(desired: Desired, snapshot: Snapshot): readonly Step[] {
  return [
    ...snapshot.adopted.map(({ key, because }): Step => {
      return { action: { kind: "set-variable", variable: key }, because };
    }),
    ...planFiles(snapshot),
    ...planRemovals(desired, snapshot),
    ...planStarts(desired, snapshot),
  ];
}

function* planFiles({ files }: Snapshot): Generator<Step> {
  for (const { path, state } of files) {
    if (state === "same") continue;
    const isNew = state === "missing";
    const because = isNew ? "missing" : "differs from what the configuration says";
    yield { action: { kind: "write-file", path, isNew }, because };
  }
}

/** First, because a container's name must be free before its successor can have it. */
function* planRemovals(desired: Desired, { containers }: Snapshot): Generator<Step> {
  const wanted = new Map(desired.services.map((service) => [service.name, service]));
  for (const [service, group] of groupByService(containers)) {
    const declared = wanted.get(service);
    if (declared?.enabled) continue;
    const known = declared !== undefined || service === legacyService;
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

/** The single llama bot of an older installation: dev-qwen on the forge, by another service name. */
const legacyService = "agents-llama";
const legacySuccessor = "agents-llama-dev-qwen";

function findSuccessor(
  service: string,
  group: readonly ObservedContainer[],
  { services }: Desired,
): DesiredService | undefined {
  if (service === legacyService) return services.find(({ name }) => name === legacySuccessor);
  return services.find(({ container }) => group.some(({ name }) => name === container));
}

function explainRemoval(
  service: string,
  declared: DesiredService | undefined,
  successor: DesiredService | undefined,
): string {
  if (declared) return "enabled = false; its volumes are kept";
  const why = successor ? `replaced by ${successor.name}` : "no longer declared";
  const moves = successor !== undefined && service !== legacyService;
  return `${why}; its volumes are kept${moves ? "" : " (disinto prune)"}`;
}

/** In the same compose project, but neither declared nor made by disinto: left alone, and said. */
export function listUnmanaged(
  { services }: Desired,
  { containers, rendered }: Pick<Snapshot, "containers" | "rendered">,
): readonly ObservedContainer[] {
  const declared = new Set(services.map(({ name }) => name));
  return containers.filter(
    ({ service, ours }) =>
      !ours && !declared.has(service) && !rendered.has(service) && service !== legacyService,
  );
}

function* planStarts(desired: Desired, snapshot: Snapshot): Generator<Step> {
  const groups = groupByService(snapshot.containers);
  for (const service of desired.services.filter(({ enabled }) => enabled)) {
    const group = groups.get(service.name) ?? [];
    const start = [...planStart(service, group, snapshot.rendered.get(service.name))];
    if (start.length > 0) yield* planHandOver(service, group, snapshot);
    yield* start;
    yield* planVolumes(service, snapshot);
  }
}

/** Older versions ran as another user. */
function* planHandOver(
  { volumes }: DesiredService,
  group: readonly ObservedContainer[],
  snapshot: Snapshot,
): Generator<Step> {
  if (group.length === 0 || group.some(({ isSeparate }) => isSeparate)) return;
  const containers = group.map(({ id }) => id);
  const because = "its files become the runner's, whose user is another than in older versions";
  for (const { name: volume, owner } of volumes) {
    if (owner === undefined || !snapshot.volumes.has(volume)) continue;
    yield { action: { kind: "hand-over-volume", volume, owner, containers }, because };
  }
}

/** The engine makes them with the service; the plan says so before anything happens. */
function* planVolumes({ name, volumes }: DesiredService, snapshot: Snapshot): Generator<Step> {
  for (const volume of volumes) {
    if (snapshot.volumes.has(volume.name)) continue;
    yield { action: { kind: "create-volume", volume: volume.name }, because: `of ${name}` };
  }
}

function* planStart(
  service: DesiredService,
  group: readonly ObservedContainer[],
  rendered: RenderedService | undefined,
): Generator<Step> {
  const { name } = service;
  const [container] = group;
  if (!container) {
    yield { action: { kind: "start-service", service: name }, because: explainStart(service) };
    return;
  }
  const strangers = group.filter((one) => one.name !== service.container || one !== container);
  if (strangers.length > 0) {
    const containers = strangers.map(({ id }) => id);
    const because = `its container is called ${strangers[0]?.name}; the container is replaced`;
    yield { action: { kind: "replace-service", service: name, containers }, because };
    return;
  }
  const change = rendered && explainChange(container, rendered);
  if (change) {
    const because = `${change}; the container is replaced`;
    yield { action: { kind: "replace-service", service: name, containers: [] }, because };
  } else if (!container.running) {
    yield {
      action: { kind: "start-service", service: name },
      because: `its container is ${container.state}`,
    };
  }
}

function explainStart({ kind, origin }: DesiredService): string {
  return kind === "core" ? origin : `new in ${origin}`;
}

/** Names of what changed, never values; undefined when the running container is what is wanted. */
function explainChange(
  container: ObservedContainer,
  rendered: RenderedService,
): string | undefined {
  if (container.hash !== rendered.hash) {
    const names = listChanged(container.properties, rendered.properties);
    return names.length > 0 ? `${joinNames(names)} changed` : "its configuration changed";
  }
  const newImage = rendered.imageId !== undefined && rendered.imageId !== container.imageId;
  return newImage ? "its image was rebuilt" : undefined;
}

/** "environment A, B, image": a word that several share is said once. */
function joinNames(names: readonly string[]): string {
  return names
    .map((name, index) => {
      const [group, rest] = name.split(" ", 2);
      const repeated = rest !== undefined && names[index - 1]?.startsWith(`${group} `);
      return repeated ? rest : name;
    })
    .join(", ");
}

function listChanged(old: Properties, current: Properties): readonly string[] {
  const names = new Set([...old.keys(), ...current.keys()]);
  return [...names].filter((name) => old.get(name) !== current.get(name)).sort();
}

function groupByService(containers: readonly ObservedContainer[]) {
  const groups = new Map<string, ObservedContainer[]>();
  for (const container of containers) {
    const group = groups.get(container.service);
    if (group) group.push(container);
    else groups.set(container.service, [container]);
  }
  return groups;
}
