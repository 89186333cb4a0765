/** What a project of a test has unless the test says otherwise. */
import type { ProjectTask } from "../../src/core/project-task.ts";

export const labels =
  "backlog priority in-progress blocked disinto/approved disinto/protected-paths".split(" ");

export const project: Omit<ProjectTask, "repo"> = {
  name: "shop",
  primaryBranch: "main",
  ci: { provider: "external", required: [], whenAbsent: "pass" },
  limits: { ciFixes: 1, reviewRounds: 1, infrastructureRetries: 1, mergeAttempts: 2 },
  trustedAuthors: [],
  protectedPaths: [],
};
