/** The engine that a factory's configuration names. */
import { resolve } from "node:path";
import type { Factory } from "../core/factory.ts";
import type { Containers } from "../ports/containers.ts";
import { buildCompose, findProject } from "./compose/engine.ts";

export interface EngineOptions {
  readonly folder: string;
  /** argv that starts disinto itself. */
  readonly self: readonly [string, ...string[]];
  readonly signal?: AbortSignal | undefined;
}

type OpenEngine = (factory: Factory) => Promise<Containers>;

/** Asks Docker at once what needs no configuration, which can be read in the meantime; what is returned awaits the answer. */
export function askEngine(options: EngineOptions): OpenEngine {
  const project = findProject(resolve(options.folder));
  // A configuration with problems, or a local engine, leaves the answer unread.
  project.catch(() => undefined);
  return (factory) => open(factory, options, () => project);
}

export function buildContainers(factory: Factory, options: EngineOptions): Promise<Containers> {
  return open(factory, options, () => findProject(resolve(options.folder)));
}

async function open(
  factory: Factory,
  { self, signal, ...options }: EngineOptions,
  find: () => Promise<string | undefined>,
): Promise<Containers> {
  const folder = resolve(options.folder);
  if (factory.engine === "compose") return buildCompose({ factory, folder, signal }, await find());
  const { buildLocalEngine } = await import("./local/engine.ts");
  return buildLocalEngine({ factory: factory.name, folder, self, signal });
}
