/** Every engine that can run the services. What it renders stands in documents.ts; what it does is loaded by engines.ts. */
import type { Factory } from "../core/factory.ts";
import type { Layout } from "../core/layout.ts";
import { composeEngine } from "./compose/definition.ts";
import { localEngine } from "./local/definition.ts";

export type EngineName = "compose" | "local";

export interface EngineDefinition {
  readonly meaning: string;
  /** The label shown to a person who chooses one. */
  readonly label: string;
  readonly hint?: string;
  /** Runs images, with mounts and a network of their own; else child processes, which can only be disinto itself. */
  readonly runsImages: boolean;
  /** Whose the volumes of bots and the CI are; undefined: the operator's. */
  readonly owner: number | undefined;
  /** What who starts services on it must know. */
  readonly caution?: string;
  /** The host itself, as its services see it. */
  readonly hostAddress: string;
  /** Where things are; `folder` is the factory's absolute path. */
  readonly layout: (forge: Factory["forge"], folder: string) => Omit<Layout, "forgeUrl" | "ciUrl">;
}

export const engines: Readonly<Record<EngineName, EngineDefinition>> = {
  compose: composeEngine,
  local: localEngine,
};

/** The default for a factory that names none. */
export const DEFAULT_ENGINE: EngineName = "compose";
