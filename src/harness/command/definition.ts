import type { HarnessDefinition } from "../definitions.ts";

export const commandHarness: HarnessDefinition = {
  meaning: "any program",
  asksModel: false,
  usesLogin: () => false,
};
