import type { CiDefinition } from "../definitions.ts";

export const externalCi: CiDefinition = {
  meaning: "somebody else posts statuses",
  needsImages: false,
  services: () => [],
  mounts: [],
  hasPages: false,
};
