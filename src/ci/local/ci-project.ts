/** A project as the local CI has it: where its heads, its statuses and its runs are. */
import type { SessionUser } from "../../adapters/hands/session-user.ts";
import type { ProjectTask } from "../../core/project-task.ts";
import type { Pulls, Statuses } from "../../ports/forge.ts";
import type { Mirror, Submodules, WorkFolders } from "../../ports/git.ts";
import type { Pipelines } from "./pipelines.ts";

export interface CiProject {
  /** The id, as Woodpecker numbers repositories. */
  readonly id: number;
  readonly project: ProjectTask;
  readonly forgeUrl: string;
  readonly pulls: Pulls;
  readonly statuses: Statuses;
  readonly mirror: Mirror;
  readonly submodules: Submodules;
  /** Of whoever's run it is. */
  readonly foldersOf: (user: SessionUser) => WorkFolders;
  readonly pipelines: Pipelines;
}
