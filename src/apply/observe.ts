/** One snapshot of what is, and the plan that follows from it. Writes nothing. */
import { resolve } from "node:path";
import { type Desired, deriveDesired } from "../core/desired.ts";
import type { Factory } from "../core/factory.ts";
import {
  listUnmanaged,
  type ObservedFactory,
  planServices,
  type ServiceStep,
} from "../core/plan.ts";
import { DisintoError } from "../errors.ts";
import type { Adopted } from "../older/adoption.ts";
import type { Containers, ObservedContainer } from "../ports/containers.ts";
import { readGenerated } from "./generated-file.ts";
import { readImageRecord } from "./image-record.ts";
import { type Rendering, render } from "./rendering.ts";

/** What every command that looks at the fleet is about. */
export interface Fleet {
  readonly factory: Factory;
  /** What `.env` sets, for checking that credentials are there. */
  readonly environment: ReadonlyMap<string, string>;
  /** Settings of an older installation that `.env` does not hold yet. */
  readonly adopted?: readonly Adopted[];
  readonly folder: string;
  readonly containers: Containers;
}

export interface Plan {
  readonly desired: Desired;
  readonly rendering: Rendering;
  /** What the engine makes of it. */
  readonly rendered: ObservedFactory["rendered"];
  readonly steps: readonly ServiceStep[];
  /** Containers of the same project that disinto leaves alone. */
  readonly unmanaged: readonly ObservedContainer[];
  /** Credentials that services need and `.env` does not hold. */
  readonly missing: readonly MissingCredential[];
}

export interface MissingCredential {
  readonly service: string;
  readonly key: string;
}

/** `only` narrows the plan to these services; the generated file still holds all of them. */
export async function planFleet(fleet: Fleet, only?: readonly string[]): Promise<Plan> {
  const { factory, folder, containers } = fleet;
  const desired = deriveDesired(factory, resolve(folder), containers.project);
  const rendering = render(factory, desired, containers);
  const missing = findMissingCredentials(desired, fleet.environment, only);
  const snapshot = await takeSnapshot(fleet, rendering);
  const steps = planServices(desired, snapshot, { only });
  const unmanaged = listUnmanaged(desired, snapshot);
  return { desired, rendering, rendered: snapshot.rendered, unmanaged, steps, missing };
}

async function takeSnapshot(
  { adopted = [], folder, containers }: Fleet,
  { text, files }: Rendering,
): Promise<ObservedFactory> {
  const [rendered, observed, recordedImages, ...compared] = await Promise.all([
    containers.check(text),
    containers.observe(),
    readImageRecord(folder),
    ...files.map((file) => compareFile(folder, file)),
  ]);
  return { rendered, ...observed, adopted, recordedImages, files: compared };
}

async function compareFile(folder: string, { path, text }: { path: string; text: string }) {
  const old = await readGenerated(folder, path);
  const changed = old === undefined ? ("missing" as const) : ("different" as const);
  return { path, state: old === text ? ("same" as const) : changed };
}

function findMissingCredentials(
  { services }: Desired,
  environment: ReadonlyMap<string, string>,
  only: readonly string[] | undefined,
): readonly MissingCredential[] {
  return services
    .filter(({ name, enabled }) => enabled && (only?.includes(name) ?? true))
    .flatMap(({ name, secrets }) =>
      Object.values(secrets).map((key): MissingCredential => ({ service: name, key })),
    )
    .filter(({ key }) => !environment.get(key));
}

/** Without its credentials a service would only fail later, or worse, run as somebody else. */
export function requireCredentials(missing: readonly MissingCredential[]): void {
  if (missing.length === 0) return;
  throw new DisintoError("credentials.missing", describeMissing(missing), {
    hint: "run disinto init",
  });
}

export function describeMissing(missing: readonly MissingCredential[]): string {
  return `.env has no ${missing.map(({ service, key }) => `${key} (${service})`).join(", ")}`;
}
