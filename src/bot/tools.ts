/** What a bot's activities work with; built by wiring-bot.ts from the settings and the adapters. */

import type { ProjectTask } from "../core/project-task.ts";
import { DisintoError } from "../errors.ts";
import type { CiRuns, ReadCache } from "../ports/ci.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type {
  Dependency,
  Issues,
  Pulls,
  Reviews,
  Statuses,
  TimelineEvent,
} from "../ports/forge.ts";
import type { Author, Mirror, Submodules, WorkFolders } from "../ports/git.ts";
import type { Session } from "../ports/harness.ts";
import type { Journal } from "../ports/journal.ts";
import type { Role } from "../roles/definitions.ts";
import type { Breakers } from "./leases/breakers.ts";
import type { Claims } from "./leases/claims.ts";
import type { Slots } from "./leases/slots.ts";
import type { PauseWatch } from "./loop/pause-watch.ts";
import type { Progress } from "./loop/progress.ts";
import type { RoleRun } from "./loop/role-run.ts";
import type { ObservedHarness } from "./session/observed-harness.ts";
import type { Spending } from "./spending/spending.ts";

export interface RunningBot {
  /** The login that its token proves. */
  whoami(): Promise<string>;
  readonly events: EventLog;
  toolsFor(role: Role): BotTools;
  /** The loop of one role, until the signal ends it. */
  run(role: Role, run: RoleRun): Promise<void>;
  /** Says to who asks whether the loops get on, where the bot has a port for it; answers how to stop that. */
  serveHealth(loops: Readonly<Record<string, Progress>>): Promise<() => void>;
  /** Hands its last events in, where there is somebody to take them. */
  closeEventLink(): Promise<void>;
}

export interface BotTools {
  /** The bot's login on the forge. */
  readonly user: string;
  /** The bot's name, as its leases carry it. */
  readonly holder: string;
  readonly author: Author;
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  readonly events: EventLog;
  readonly progress: Progress;
  /** What people have stopped. */
  readonly pauses: Pick<PauseWatch, "run">;
  readonly harness: ObservedHarness;
  /** Limits of each session of the harness. */
  readonly sessionLimits: Pick<
    Session,
    "timeoutMs" | "silenceMs" | "firstTokenMs" | "turns" | "tokens" | "money"
  >;
  /** What may be spent, and what has been. */
  readonly spending: Pick<Spending, "findHeld" | "sumIssue">;
  readonly pollIntervalMs: number;
  /** The limit for mirrors and folders together. */
  readonly diskLimitBytes: number;
  /** Slots of the model's server; a session of the harness needs one. */
  readonly slots: Slots;
  /** Seen by all bots of the factory, such as that of the model's server. */
  readonly breakers: Breakers;
  /** The model's server as a part of a breaker's name. */
  readonly backend: string;
  /** Where this role keeps what must outlive the process. */
  openJournal<State>(): Journal<State>;
  /** The tools of each project, by its name. */
  readonly projects: ReadonlyMap<string, ProjectTools>;
}

export interface ProjectTools {
  readonly project: ProjectTask;
  /** Logins of all who may write code in it. */
  readonly writers: () => Promise<readonly string[]>;
  /** Logins of the factory's bots, as the forge knows them. */
  readonly bots: () => Promise<readonly string[]>;
  /** Dependencies as the forge itself records them. */
  readonly dependencies: (issue: number) => Promise<readonly Dependency[]>;
  /** Who did what to an issue or a pull request. */
  readonly timeline: (issue: number) => Promise<readonly TimelineEvent[]>;
  readonly issues: Issues;
  readonly pulls: Pulls;
  readonly reviews: Reviews;
  readonly statuses: Statuses;
  readonly ci: CiRuns;
  /** Undefined where its CI lends sessions none. */
  readonly cache: ReadCache | undefined;
  readonly mirror: Mirror;
  readonly folders: WorkFolders;
  readonly submodules: Submodules;
  readonly claims: Claims;
  /** Seen by all bots of the project, such as that of a red primary branch. */
  readonly breakers: Breakers;
}

export function deriveFolder(issue: number): string {
  return `issue-${issue}`;
}

export function projectOf({ projects }: BotTools, name: string): ProjectTools {
  const project = projects.get(name);
  if (!project)
    throw new DisintoError(
      "config.invalid",
      `the bot has work in the project ${name}, which is no longer one of its projects`,
      { hint: `declare ${name} for the bot again until that work is done, then disinto up` },
    );
  return project;
}
