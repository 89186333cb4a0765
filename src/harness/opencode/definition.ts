import type { HarnessDefinition } from "../definitions.ts";

/** Looked up in PATH. */
export const OPENCODE_PROGRAM = "opencode";

export const opencodeHarness: HarnessDefinition = {
  meaning: "opencode",
  program: () => OPENCODE_PROGRAM,
  api: "completions",
  asksModel: true,
  /** Measured with 1.18.33: its own prompt takes 7,300, and in 8,192 it compacts for ever. */
  smallestWindow: 10_240,
  usesLogin: () => false,
};
