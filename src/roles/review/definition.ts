import type { RoleDefinition } from "../definitions.ts";

export const reviewRole: RoleDefinition = {
  meaning: "reviews the pull requests of other bots",
  takesIssues: false,
  approves: true,
  merges: false,
  harnessUid: 64_002,
  answersByMessage: true,
};
