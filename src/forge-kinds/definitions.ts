/** Every kind of forge. What makes an administrator on it is the engine's to run; see wiring-forge.ts. */
import type { Layout } from "../core/layout.ts";
import type { DesiredService } from "../core/service.ts";
import { embeddedForge } from "./embedded/definition.ts";
import { externalForge } from "./external/definition.ts";
import { forgejoForge } from "./forgejo/definition.ts";

export type ForgeKind = "embedded" | "forgejo" | "external";

export interface ForgeDefinition {
  readonly meaning: string;
  /** The label shown to a person who chooses one. */
  readonly label: string;
  readonly hint?: (port: string) => string;
  /** The service that disinto runs for it; undefined if it runs elsewhere, at FORGE_URL. */
  readonly service?: ForgeService;
}

export interface ForgeService {
  /** `tag` is that of disinto's own images; what is not disinto's own is pinned by its full version. */
  readonly image: (tag: string) => string;
  /** The version that this image answers, as its tag says; undefined where it says none. */
  readonly versionOf?: (image: string) => string | undefined;
  /** The image is disinto's own, so every engine can run it and it says its version. */
  readonly isOwn: boolean;
  /** Who runs its command line in the container, where it refuses the user that the container starts as. */
  readonly commandUser?: string;
  /** Where this image keeps its data. */
  readonly folder: (image: string) => string;
  /** People sign in to a CI through it, and it tells the CI of commits. */
  readonly servesCi?: true;
  /** Where this image takes git over SSH; undefined if it cannot. */
  readonly sshPort?: (image: string) => number;
  readonly render: (
    place: ForgePlace,
  ) => Pick<DesiredService, "args" | "confinement" | "entrypoint" | "environment" | "healthCheck">;
}

interface ForgePlace {
  readonly layout: Layout;
  readonly image: string;
  /** What it says of itself in links. */
  readonly announced: string;
  /** Its folder. */
  readonly data: string;
  /** The port of the host by which people reach its SSH; undefined if none is asked for. */
  readonly sshPort: number | undefined;
  /** Host names to which it may send webhooks. */
  readonly hooks: readonly string[];
}

export const forgeKinds: Readonly<Record<ForgeKind, ForgeDefinition>> = {
  embedded: embeddedForge,
  forgejo: forgejoForge,
  external: externalForge,
};

/** The default for a factory that names none: what such factories have always run. */
export const DEFAULT_FORGE: ForgeKind = "embedded";
/** The kind of a factory that is given an address instead. */
export const FORGE_ELSEWHERE: ForgeKind = "external";
/** What a new factory is given, by whether its engine can run what is not disinto's own. */
export function offerForge(runsImages: boolean): ForgeKind {
  return runsImages ? "forgejo" : DEFAULT_FORGE;
}
