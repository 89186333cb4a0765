/** What wiring.ts builds and every command is handed: output, interruption, and the adapters. */
import type { BotSettings } from "../bot/settings.ts";
import type { Bot } from "../bot/tools.ts";
import type { Factory } from "../core/factory.ts";
import type { CiSettings } from "../local/ci/settings.ts";
import type { Clock } from "../ports/clock.ts";
import type { Containers } from "../ports/containers.ts";
import type { Forge } from "../ports/forge.ts";
import type { ForgeAdmin } from "../ports/forge-admin.ts";
import type { Repositories } from "../ports/repositories.ts";

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
  /** The first administrator of our own forge, made by the forge itself; answers its password. */
  readonly createForgeAdministrator: (factory: Factory, folder: string) => Promise<string>;
  readonly repositories: Repositories;
  readonly containers: (factory: Factory, folder: string) => Promise<Containers>;
  /** What the server at this address says it is; undefined while nothing answers like a Forgejo. */
  readonly forgeVersion: (url: string) => Promise<string | undefined>;
  readonly forge: (url: string, token: string) => Promise<Forge>;
  readonly bot: (settings: BotSettings) => Promise<Bot>;
  readonly ci: (settings: CiSettings) => Promise<() => Promise<void>>;
  readonly forgeAdmin: (
    url: string,
    admin: { login: string; password: string },
  ) => Promise<ForgeAdmin>;
}
