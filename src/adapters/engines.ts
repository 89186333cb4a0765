/** The engine that a factory's configuration names. */
import { resolve } from "node:path";
import type { Factory } from "../core/factory.ts";
import type { Containers } from "../ports/containers.ts";
import { buildCompose, findProject } from "./compose.ts";

export interface EngineOptions {
  /** While it is still being read, the engine is already asked what it needs no configuration for. */
  readonly factory: Factory | Promise<Factory>;
  readonly folder: string;
  /** argv that starts disinto itself. */
  readonly self: readonly [string, ...string[]];
  readonly signal?: AbortSignal | undefined;
}

export async function buildContainers(options: EngineOptions): Promise<Containers> {
  const { self, signal } = options;
  const folder = resolve(options.folder);
  const early = options.factory instanceof Promise ? findProject(folder) : undefined;
  // A configuration with problems, or a local engine, leaves the answer unread.
  early?.catch(() => undefined);
  const factory = await options.factory;
  if (factory.engine === "compose")
    return buildCompose({ factory, folder, signal }, await (early ?? findProject(folder)));
  const { buildLocalEngine } = await import("../local/engine.ts");
  return buildLocalEngine({ factory: factory.name, folder, self, signal });
}
