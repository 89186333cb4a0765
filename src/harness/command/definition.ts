import type { HarnessDefinition } from "../definitions.ts";

export const commandHarness: HarnessDefinition = {
  meaning: "any program",
  asksModel: false,
  smallestWindow: 0,
  usesLogin: () => false,
};
