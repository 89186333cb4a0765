/** What CI says beyond commit statuses: why a run is red, and how to have it run again. */
import type { Status } from "./forge.ts";
import type { TextFile } from "./git.ts";

export interface CiRuns {
  /** Explains for each of the given red statuses of one commit why it is red. */
  explain(sha: string, red: readonly Status[]): Promise<readonly CiFailure[]>;
  /** What the CI itself knows of contexts that the forge shows no decision for; nothing where it cannot be asked. */
  findMissing(sha: string, contexts: readonly string[]): Promise<readonly MissingAnswer[]>;
  /** Why the CI does not run this context though it hears of the commit; undefined if nothing in the commit says so. */
  explainNoRun(context: string, commit: CommitFacts): Promise<NoRun | undefined>;
  /** Has the runs of these contexts on this commit done again; false where that cannot be asked for. */
  retry(sha: string, contexts: readonly string[]): Promise<boolean>;
}

/** Why a context of a commit has no decision. */
export type MissingAnswer = {
  readonly context: string;
} /** `isQueued`: no agent has taken it. */ & (
  | { readonly kind: "under-way"; readonly isQueued?: boolean; readonly log: string }
  /** The run could not even be begun: a workflow file that does not parse, a secret that is not there. */
  | { readonly kind: "broken"; readonly failure: CiFailure }
  /** There was a run for this event, without this workflow in it. */
  | { readonly kind: "left-out"; readonly log: string }
  /** The run is over, and its status never came to the forge. */
  | { readonly kind: "status-missing"; readonly log: string }
  /** The CI was never told of this commit, or told that there is nothing to do; it hears of commits by webhooks. */
  | { readonly kind: "no-pipeline"; readonly event: CiEvent; readonly log: string }
);

export interface CommitFacts {
  readonly event: CiEvent;
  /** The branch; for a pull request, the one that it is to be merged into. */
  readonly branch: string;
  /** Its message; for a pull request, the title. */
  readonly message: string;
  readonly changedFiles: readonly string[];
  /** Its files that these paths name, or that are in folders of these names. */
  readFiles(paths: readonly string[]): Promise<readonly TextFile[]>;
}

export type NoRun =
  /** The message says that no CI is wanted. */
  { readonly kind: "skip-asked" } | { readonly kind: "left-out"; readonly log: string };

/** `other`: no event of a pull request or of its branch, such as a tag. */
export type CiEvent = "pull_request" | "push" | "other";

export interface CiFailure {
  readonly context: string;
  /**
   * `infrastructure`: the run itself could not be done (no agent, no image, clone failed, killed); the change is not
   * to blame. `overdue`: it was ended by its time limit, for the first time. `not-run`: what the CI's files say kept it from being begun. `running`: the status is of an earlier run, and a newer one is under way. `installation`: the primary
   * branch's newest run fails alike, for want of a tool or by its configuration.
   */
  readonly kind: "infrastructure" | "installation" | "not-run" | "overdue" | "real" | "running";
  /** The CI file or a missing tool: no fault of a change that does not touch the CI's files. */
  readonly isDoubtful?: boolean;
  /** The failed steps' logs, trimmed to what matters; the status's description where there is no log. */
  readonly log: string;
}

/** A copy of what runs of the primary branch have left, as a tar archive; undefined: there is none. */
export type ReadCache = () => Promise<AsyncIterable<Uint8Array> | undefined>;
