/** What wiring.ts builds and every command is handed: output, interruption, and the adapters. */
import type { InitTools } from "../apply/init.ts";
import type { BotSettings } from "../bot/settings.ts";
import type { Bot } from "../bot/tools.ts";
import type { CiSettings } from "../local/ci/settings.ts";
import type { Forge } from "../ports/forge.ts";

export interface Tools extends InitTools {
  /** Data for the caller; everything else goes through `say`. */
  readonly print: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** argv that starts disinto itself, for services that are child processes. */
  readonly self: readonly [string, ...string[]];
  readonly forge: (url: string, token: string) => Promise<Forge>;
  readonly bot: (settings: BotSettings) => Promise<Bot>;
  readonly ci: (settings: CiSettings) => Promise<() => Promise<void>>;
}
