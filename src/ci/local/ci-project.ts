/** A project as the local CI has it: where its heads, its statuses and its runs are. */
import type { SessionUser } from "../../adapters/session-user/session-user.ts";
import type { ProjectTask } from "../../core/project-task.ts";
import type { Pulls, Statuses } from "../../ports/forge.ts";
import type { Mirror, Submodules, WorkFolders } from "../../ports/git.ts";
import type { ProjectCache } from "./cache.ts";
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
  readonly foldersOf: (slot: RunSlot) => WorkFolders;
  readonly pipelines: Pipelines;
  readonly cache: ProjectCache;
  /** Secrets that steps of this event get, by name. */
  readonly secretsOf: (event: string) => Readonly<Record<string, string>>;
}

/** What one run has for itself: there are as many as runs at once, and each is emptied before another run has it. */
export interface RunSlot {
  readonly user: SessionUser;
  /** Where its checkout, its home and its cache are. */
  readonly root: string;
}
