/** What CI says beyond commit statuses: why a run is red, and how to have it run again. */
import type { Status } from "./forge.ts";

export interface CiRuns {
  /** Explains for each of the given red statuses of one commit why it is red. */
  explain(sha: string, red: readonly Status[]): Promise<readonly CiFailure[]>;
  /** Has the runs of these contexts on this commit done again; false where that cannot be asked for. */
  retry(sha: string, contexts: readonly string[]): Promise<boolean>;
}

export interface CiFailure {
  readonly context: string;
  /**
   * `infrastructure`: the run itself could not be done (no agent, no image, clone failed, killed); the change is not
   * to blame. `running`: the status is of an earlier run, and a newer one is under way. `installation`: the primary
   * branch's newest run fails alike, for want of a tool or by its configuration.
   */
  readonly kind: "infrastructure" | "installation" | "real" | "running";
  /** The CI file or a missing tool: no fault of a change that does not touch the CI's files. */
  readonly isDoubtful?: boolean;
  /** The failed steps' logs, trimmed to what matters; the status's description where there is no log. */
  readonly log: string;
}

/** A copy of what runs of the primary branch have left, as a tar archive; undefined: there is none. */
export type ReadCache = () => Promise<AsyncIterable<Uint8Array> | undefined>;
