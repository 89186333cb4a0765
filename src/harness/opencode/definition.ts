import type { HarnessDefinition } from "../definitions.ts";

export const opencodeHarness: HarnessDefinition = {
  meaning: "opencode",
  asksModel: true,
  usesLogin: () => false,
};
