/** Which services start or are replaced, why, and in which order beside the volumes that they share. Pure. */
import { planHandOver } from "../older/volume-owner.ts";
import type { ObservedContainer, Properties, RenderedService } from "../ports/containers.ts";
import type { Desired } from "./desired.ts";
import { describeDigestChange } from "./image-digests.ts";
import type { ObservedFactory, ServiceStart, ServiceStep } from "./plan.ts";
import type { DesiredService } from "./service.ts";

/** All at once, unless some mount what another service writes: that one first, and its volume closed. */
export function* planStarts(
  { services }: Desired,
  snapshot: ObservedFactory,
): Generator<ServiceStep> {
  const groups = groupByService(snapshot.containers);
  const starting = services.flatMap((service) => {
    const group = groups.get(service.name) ?? [];
    const start = planStart(service, group, snapshot);
    return start ? [{ service, group, start }] : [];
  });
  for (const { service, group } of starting) yield* planNames(service, group);
  for (const { service, group } of starting) yield* planHandOver(service, group, snapshot);
  const mounting = starting.filter(({ service }) => listMountedVolumes(service).length > 0);
  const first = [
    ...planGroup(
      starting.filter((one) => !mounting.includes(one)),
      snapshot,
    ),
  ];
  yield* first;
  yield* planClosing(mounting, first, snapshot);
  yield* planGroup(mounting, snapshot);
}

/** Only what is there by then: a volume that the engine makes for a bot itself must carry the engine's labels. */
function* planClosing(
  mounting: readonly Starting[],
  before: readonly ServiceStep[],
  { volumes }: ObservedFactory,
): Generator<ServiceStep> {
  const made = before.flatMap(({ action }) =>
    action.kind === "create-volume" ? [action.volume] : [],
  );
  const shared = mounting.flatMap(({ service }) => listMountedVolumes(service));
  for (const volume of [...new Set(shared)].sort()) {
    if (!volumes.has(volume) && !made.includes(volume)) continue;
    const because = "bots mount it: closed to every user of a bot";
    yield { action: { kind: "close-volume", volume }, because };
  }
}

interface Starting {
  readonly service: DesiredService;
  readonly start: ServiceStart;
}

function* planGroup(group: readonly Starting[], snapshot: ObservedFactory): Generator<ServiceStep> {
  if (group.length === 0) return;
  for (const { service } of group) {
    for (const volume of listMissingVolumes(service, snapshot)) {
      const action = { kind: "create-volume", volume, service: service.name } as const;
      yield { action, because: `of ${service.name}` };
    }
  }
  const starts = group.map(({ start }) => start);
  yield { action: { kind: "start-services", starts }, because: "they are enabled" };
}

/** Volumes of others. */
function listMountedVolumes({ mounts }: DesiredService): readonly string[] {
  return mounts.flatMap(({ type, source }) => (type === "volume" ? [source] : []));
}

/** Volumes that the engine makes with the service. */
function listMissingVolumes(
  { name, volumes }: DesiredService,
  snapshot: ObservedFactory,
): readonly string[] {
  const made = snapshot.rendered.get(name)?.volumes ?? [];
  return volumes
    .map((volume) => volume.name)
    .filter((volume) => made.includes(volume) && !snapshot.volumes.has(volume));
}

/** Containers under a wrong name, which the engine would leave standing. */
function listStrangers(
  service: DesiredService,
  group: readonly ObservedContainer[],
): readonly ObservedContainer[] {
  return group.filter((one) => one.name !== service.container || one !== group[0]);
}

function* planNames(
  service: DesiredService,
  group: readonly ObservedContainer[],
): Generator<ServiceStep> {
  for (const { id, name } of listStrangers(service, group)) {
    const action = { kind: "remove-container", service: service.name, container: id } as const;
    yield { action, because: `${name} is not the name ${service.container}` };
  }
}

/** Undefined when the service runs as it should. */
function planStart(
  service: DesiredService,
  group: readonly ObservedContainer[],
  snapshot: ObservedFactory,
): ServiceStart | undefined {
  const { name } = service;
  const [container] = group;
  if (!container)
    return { service: name, change: "start", because: explainStart(service, snapshot) };
  const change = explainReplacement(service, group, snapshot);
  if (change) {
    const because = `${change}; the container is replaced`;
    return { service: name, change: "replace", because };
  }
  if (container.running) return undefined;
  return { service: name, change: "start", because: `its container is ${container.state}` };
}

function explainReplacement(
  service: DesiredService,
  group: readonly ObservedContainer[],
  snapshot: ObservedFactory,
): string | undefined {
  const [container] = group;
  const [stranger] = listStrangers(service, group);
  if (stranger) return `its container is named ${stranger.name}`;
  const rendered = snapshot.rendered.get(service.name);
  const change = container && rendered && explainChange(container, rendered, snapshot);
  if (change) return change;
  const [missing] = container?.running ? listMissingVolumes(service, snapshot) : [];
  return missing && `its volume ${missing} is gone`;
}

function explainStart({ name, kind, origin }: DesiredService, snapshot: ObservedFactory): string {
  const why = kind === "core" ? origin : `new in ${origin}`;
  const move = explainImage(snapshot.rendered.get(name), snapshot);
  return move === undefined ? why : `${why}; ${move}`;
}

function explainImage(rendered: RenderedService | undefined, snapshot: ObservedFactory) {
  return describeDigestChange(rendered?.image, snapshot.recordedImages ?? new Map());
}

/** Names of what changed, never values; undefined when the running container is what is wanted. */
function explainChange(
  container: ObservedContainer,
  rendered: RenderedService,
  snapshot: ObservedFactory,
): string | undefined {
  if (container.hash !== rendered.hash) {
    const names = listChanged(container.properties, rendered.properties);
    return names.length > 0 ? `${joinNames(names)} changed` : "its configuration changed";
  }
  const newImage = rendered.imageId !== undefined && rendered.imageId !== container.imageId;
  if (!newImage) return undefined;
  const move = explainImage(rendered, snapshot);
  return move === undefined ? "its image was rebuilt" : `its image was rebuilt (${move})`;
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

export function groupByService(containers: readonly ObservedContainer[]) {
  const groups = new Map<string, ObservedContainer[]>();
  for (const container of containers) {
    const group = groups.get(container.service);
    if (group) group.push(container);
    else groups.set(container.service, [container]);
  }
  return groups;
}
