/** The repository that the operator works in, wherever it came from: git never runs under its own configuration. */
import type { RemoteAccess } from "./remote-access.ts";

export interface Originals {
  /** Names the forge there, with a credential helper for that address alone; what stands there otherwise is left. */
  addRemote(folder: string, remote: Remote): Promise<"added" | "present" | "taken">;
  compare(folder: string, place: ForgeBranch): Promise<Comparison>;
  /** Never forced: what the forge has beside it makes it fail. */
  push(folder: string, sha: string, place: ForgeBranch): Promise<void>;
  /** Brings branch, files and index to a later commit of the forge; what would be lost by it makes it fail. */
  fastForward(folder: string, change: Change, place: ForgeBranch): Promise<void>;
}

export interface Remote {
  readonly name: string;
  readonly url: string;
  readonly login: string;
  /** A command line, as git's `credential.helper` takes it. */
  readonly helper: string;
}

export interface ForgeBranch {
  readonly branch: string;
  /** The repository's address on the forge. */
  readonly url: string;
  readonly access: RemoteAccess;
}

interface Change {
  readonly from: string;
  readonly to: string;
}

export interface Comparison {
  readonly here: string;
  /** Absent where the forge has no such branch. */
  readonly there: string | undefined;
  readonly relation: "same" | "ahead" | "behind" | "diverged";
  /** What differs between the two. */
  readonly paths: readonly string[];
}
