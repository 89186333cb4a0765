/** Carries out a plan's steps through the engine. Decides nothing. */
import type { Adopted } from "../config/adoption.ts";
import { setEnvironment } from "../config/env-file.ts";
import type { Desired } from "../core/desired.ts";
import type { Action, Step } from "../core/plan.ts";
import { DisintoError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Containers } from "../ports/containers.ts";
import type { OneShots } from "../ports/one-shots.ts";
import { writeIfChanged } from "./generated-file.ts";
import type { Rendering } from "./rendering.ts";
import { closeVolumes, handOver, listSharedVolumes } from "./shared-volumes.ts";
import { startWithProgress } from "./start-progress.ts";

export interface Execution {
  readonly folder: string;
  readonly containers: Containers;
  readonly rendering: Rendering;
  readonly desired: Desired;
  readonly oneShots: OneShots;
  /** The bots' image. */
  readonly image: string;
  /** Settings to write into `.env`. */
  readonly adopted: readonly Adopted[];
  readonly say: (line: string) => void;
  /** Where a person watches. */
  readonly terminal?: { readonly clock: Clock } | undefined;
}

/** Services that could not be started, each with the engine's words. */
export type Failures = ReadonlyMap<string, string>;

export async function execute(steps: readonly Step[], execution: Execution): Promise<Failures> {
  const { folder, rendering, adopted, say } = execution;
  const actions = steps.map(({ action }) => action);
  if (adopted.length > 0) {
    await setEnvironment(folder, Object.fromEntries(adopted.map(({ key, value }) => [key, value])));
  }
  for (const { path, text } of rendering.files) {
    if (!actions.some((action) => action.kind === "write-file" && action.path === path)) continue;
    const { kept } = await writeIfChanged(folder, path, text);
    if (kept) say(`${path} was edited by hand; that text is kept as ${kept}`);
  }
  await freeNames(actions, execution);
  await handOverVolumes(actions, execution);
  return startInOrder(actions.flatMap(serviceToStart), execution);
}

/** Those that the plan names, and those of which no container tells whose they are. */
async function handOverVolumes(actions: readonly Action[], execution: Execution): Promise<void> {
  const planned = actions.flatMap((one) => (one.kind === "hand-over-volume" ? [one.volume] : []));
  const started = actions.flatMap((one) => (one.kind === "start-service" ? [one.service] : []));
  const volumes = execution.desired.services.flatMap((service) =>
    service.volumes.filter(({ name }) => started.includes(service.name) || planned.includes(name)),
  );
  for (const volume of await handOver(execution, volumes))
    execution.say(`the files of ${volume} are the runner's now`);
}

/** What must be gone before its successor comes; two steps may name one container. */
async function freeNames(
  actions: readonly Action[],
  { containers, say }: Execution,
): Promise<void> {
  const freed = new Set<string>();
  for (const action of actions) {
    for (const container of containersToFree(action)) {
      if (!freed.has(container)) await containers.remove(container);
      freed.add(container);
    }
    if (action.kind === "remove-service") say(`removed ${action.service}`);
  }
}

/** All at once, unless bots mount what another service writes: that one first, and its volume closed. */
async function startInOrder(services: readonly string[], execution: Execution): Promise<Failures> {
  const shared = listSharedVolumes(execution.desired, services);
  if (shared.length === 0) return start(services, execution);
  const mounting = services.filter((name) => listSharedVolumes(execution.desired, [name]).length);
  const others = services.filter((name) => !mounting.includes(name));
  const failures = await start(others, execution);
  await closeVolumes(execution, shared);
  return new Map([...failures, ...(await start(mounting, execution))]);
}

function containersToFree(action: Action): readonly string[] {
  return "containers" in action ? action.containers : [];
}

function serviceToStart(action: Action): readonly string[] {
  const starts = action.kind === "start-service" || action.kind === "replace-service";
  return starts ? [action.service] : [];
}

/** Together first, in one engine call; then each alone, so that one missing image stops one bot. */
async function start(
  services: readonly string[],
  { containers, say, terminal }: Execution,
): Promise<Failures> {
  const failures = new Map<string, string>();
  if (services.length === 0) return failures;
  say(`starting ${services.join(", ")}`);
  const startAll = () => containers.start(services);
  const together = await attempt(() =>
    terminal
      ? startWithProgress({ containers, say, clock: terminal.clock }, services, startAll)
      : startAll(),
  );
  if (together === undefined) return failures;
  for (const service of services) {
    const failure = await attempt(() => containers.start([service]));
    if (failure !== undefined) failures.set(service, failure);
  }
  return failures;
}

async function attempt(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof DisintoError && error.code !== "interrupted") return error.message;
    throw error;
  }
}
