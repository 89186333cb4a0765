/** What each engine does, loaded when a factory's configuration names it. */
import { resolve } from "node:path";
import type { Factory } from "../core/factory.ts";
import type { CiLeftovers } from "../ports/ci-leftovers.ts";
import type { Containers } from "../ports/containers.ts";
import type { EventArchive } from "../ports/event-archive.ts";
import type { OneShots } from "../ports/one-shots.ts";
import { buildCompose, findProject } from "./compose/engine.ts";
import type { EngineName } from "./definitions.ts";
import { buildEventArchive, type ReadEventFile } from "./event-archive.ts";

export interface EngineOptions {
  readonly folder: string;
  /** argv that starts disinto itself. */
  readonly self: readonly [string, ...string[]];
  readonly signal?: AbortSignal | undefined;
}

type OpenEngine = (factory: Factory) => Promise<Containers>;

interface ActingEngine {
  /** `askDocker` answers the compose project that the folder has already. */
  readonly open: (
    factory: Factory,
    options: EngineOptions,
    askDocker: () => Promise<string | undefined>,
  ) => Promise<Containers>;
  /** Where its services run, for what is to be tried there once. */
  readonly openOneShots: (signal: AbortSignal) => Promise<OneShots>;
  /** Undefined where no CI runs its steps on it. */
  readonly openCiLeftovers?: () => Promise<CiLeftovers>;
  readonly readEvents: () => Promise<ReadEventFile>;
  /** Runs the forge's own command line, as its service would; answers its output. */
  readonly runForge: (
    factory: Factory,
    options: EngineOptions,
    argv: readonly string[],
  ) => Promise<string>;
}

const acting: Readonly<Record<EngineName, ActingEngine>> = {
  compose: {
    open: async (factory, { folder, signal }, askDocker) =>
      buildCompose({ factory, folder, signal }, await askDocker()),
    openOneShots: async (signal) => (await import("./compose/one-shots.ts")).buildOneShots(signal),
    openCiLeftovers: async () => (await import("./compose/ci-leftovers.ts")).buildCiLeftovers(),
    readEvents: async () => (await import("./compose/events.ts")).copyEvents,
    runForge: async (factory, options, argv) =>
      (await import("./compose/forge-command.ts")).runForge(
        await buildContainers(factory, options),
        factory,
        argv,
      ),
  },
  local: {
    open: async ({ name }, options) =>
      (await import("./local/engine.ts")).buildLocalEngine({ factory: name, ...options }),
    openOneShots: async (signal) => (await import("./local/one-shots.ts")).buildOneShots(signal),
    readEvents: async () => (await import("./local/events.ts")).readEvents,
    runForge: async (factory, options, argv) =>
      (await import("./local/forge-command.ts")).runForge(factory, options, argv),
  },
};

/** Asks Docker at once what needs no configuration, which can be read in the meantime; what is returned awaits the answer. */
export function askEngine(options: EngineOptions): OpenEngine {
  const project = findProject(resolve(options.folder));
  // A configuration with problems, or an engine without Docker, leaves the answer unread.
  project.catch(() => undefined);
  return (factory) => open(factory, options, () => project);
}

export function buildContainers(factory: Factory, options: EngineOptions): Promise<Containers> {
  return open(factory, options, () => findProject(resolve(options.folder)));
}

function open(
  factory: Factory,
  options: EngineOptions,
  askDocker: () => Promise<string | undefined>,
): Promise<Containers> {
  const folder = resolve(options.folder);
  return acting[factory.engine].open(factory, { ...options, folder }, askDocker);
}

export function openOneShots(engine: EngineName, signal: AbortSignal): Promise<OneShots> {
  return acting[engine].openOneShots(signal);
}

export async function openCiLeftovers(engine: EngineName): Promise<CiLeftovers | undefined> {
  return acting[engine].openCiLeftovers?.();
}

export function openEventArchive(engine: EngineName, signal: AbortSignal): EventArchive {
  return buildEventArchive(acting[engine].readEvents, signal);
}

export function runForgeCommand(
  factory: Factory,
  options: EngineOptions,
  argv: readonly string[],
): Promise<string> {
  return acting[factory.engine].runForge(factory, options, argv);
}
