/** What main.ts builds and every command is handed: output, interruption, and the adapters. */
import type { Factory } from "../core/factory.ts";
import type { Clock } from "../ports/clock.ts";
import type { Containers } from "../ports/containers.ts";
import type { Forge } from "../ports/forge.ts";
import type { ForgeAdmin } from "../ports/forge-admin.ts";

export interface Tools {
  readonly version: string;
  /** Data for the caller; everything else goes through `say`. */
  readonly print: (text: string) => void;
  /** Progress and advice for people, one line at a time, on standard error. */
  readonly say: (line: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** argv that starts disinto itself, for services that are child processes. */
  readonly self: readonly [string, ...string[]];
  readonly containers: (factory: Factory, folder: string) => Promise<Containers>;
  readonly forge: (url: string, token: string) => Promise<Forge>;
  readonly forgeAdmin: (
    url: string,
    admin: { login: string; password: string },
  ) => Promise<ForgeAdmin>;
}
