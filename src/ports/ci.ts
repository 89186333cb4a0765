/** What CI says beyond commit statuses: why a run is red, and how to have it run again. */
import type { Status } from "./forge.ts";

export interface CiRuns {
  /** Of the given red statuses of one commit, why each is red. */
  explain(sha: string, red: readonly Status[]): Promise<readonly CiFailure[]>;
  /** Has the run of this context on this commit done again; false where the provider cannot. */
  retry(sha: string, context: string): Promise<boolean>;
}

export interface CiFailure {
  readonly context: string;
  /** `infrastructure`: the run itself could not be done (no agent, no image, clone failed); the change is not to blame. */
  readonly kind: "infrastructure" | "real";
  /** The end of the failed steps' logs, trimmed to what matters; the status's description where there is no log. */
  readonly log: string;
}
