/** What a project and a bot of a test have unless the test says otherwise. */
import type { BotSettings } from "../../src/bot/settings.ts";
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

/** As people would know the forge; nothing answers there. */
export const announcedUrl = "http://code.people.invalid";

export const settings: Pick<
  BotSettings,
  | "factoryRepo"
  | "leaseTermMs"
  | "budget"
  | "model"
  | "backend"
  | "healthPort"
  | "statusToken"
  | "ci"
  | "diskLimitBytes"
> = {
  factoryRepo: { owner: "root", name: "factory" },
  leaseTermMs: undefined,
  budget: undefined,
  model: undefined,
  backend: { name: "test", slots: undefined },
  healthPort: undefined,
  statusToken: undefined,
  ci: {},
  diskLimitBytes: 2 ** 40,
};
