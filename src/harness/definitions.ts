/** Every harness: the program that does the coding. How it is run stands in its folder and is loaded by wiring.ts. */
import type { Bot } from "../core/factory.ts";
import type { ModelApi } from "../ports/model-server.ts";
import { claudeCodeHarness } from "./claude-code/definition.ts";
import { commandHarness } from "./command/definition.ts";
import { opencodeHarness } from "./opencode/definition.ts";

export type HarnessName = "claude-code" | "opencode" | "command";

export interface HarnessDefinition {
  readonly meaning: string;
  /** Asks a model that the configuration names; else it is a program that the configuration names. */
  readonly asksModel: boolean;
  /** Looked up in PATH where the bot runs; undefined: somewhere in its work folder. */
  readonly program: (bot: Pick<Bot, "command">) => string | undefined;
  /** The API of a model's server that it speaks; of a command, the one by which its server is tried. */
  readonly api: ModelApi;
  /** Tokens: where the model holds less, no session of it comes to an end; 0: nobody knows. */
  readonly smallestWindow: number;
  /** This bot works with Claude's login in CLAUDE_SHARED_DIR. */
  readonly usesLogin: (bot: Bot) => boolean;
}

export const harnesses: Readonly<Record<HarnessName, HarnessDefinition>> = {
  "claude-code": claudeCodeHarness,
  opencode: opencodeHarness,
  command: commandHarness,
};

/** The default for a bot that names none. */
export const DEFAULT_HARNESS: HarnessName = "claude-code";
/** The harness of a bot that is given a command instead. */
export const COMMAND_HARNESS: HarnessName = "command";
