import type { RoleDefinition } from "../definitions.ts";

export const devRole: RoleDefinition = {
  meaning: "takes issues, writes the change, and merges it once it is approved",
  takesIssues: true,
  approves: false,
  merges: true,
  harnessUid: 64_001,
  answersByMessage: false,
};
