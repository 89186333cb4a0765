/** The engine that a factory's configuration names. */
import { resolve } from "node:path";
import type { Factory } from "../core/factory.ts";
import type { Containers } from "../ports/containers.ts";
import { buildCompose } from "./compose.ts";

export interface EngineOptions {
  readonly factory: Factory;
  readonly folder: string;
  /** argv that starts disinto itself. */
  readonly self: readonly [string, ...string[]];
  readonly signal?: AbortSignal | undefined;
}

export async function buildContainers(options: EngineOptions): Promise<Containers> {
  const { factory, self, signal } = options;
  const folder = resolve(options.folder);
  if (factory.engine === "compose") return buildCompose({ factory, folder, signal });
  const { buildLocalEngine } = await import("../local/engine.ts");
  return buildLocalEngine({ factory: factory.name, folder, self });
}
