import type { CiDefinition } from "../definitions.ts";

export const externalCi: CiDefinition = {
  meaning: "another system posts statuses",
  needsImages: false,
  services: () => [],
  mounts: [],
  hearsOfWork: [],
  hasPages: false,
  needsWebhook: false,
};
