/**
 * What the runner does about the files and processes of whoever works in a folder: by itself where both are one user, or by
 * becoming that user. It never touches such files with rights that their owner lacks.
 */
import type { Argv } from "../process.ts";

export interface UserFiles {
  /** The command as that user runs it, in this folder. */
  command(argv: Argv, folder?: string): Argv;
  /** A folder of the runner's, in which that user can make its own, and nobody else. */
  share(folder: string): Promise<void>;
  /** Shuts it again, for that user too. */
  close(folder: string): Promise<void>;
  /** A new folder of that user's. */
  make(folder: string): Promise<void>;
  /** Whatever it is, also what the runner made there. */
  remove(path: string): Promise<void>;
  write(file: string, text: string): Promise<void>;
  /** Answers undefined if it is not there, is no file, or is longer. */
  read(file: string, maxBytes: number): Promise<string | undefined>;
  /** A folder of the runner's that this user alone may read, nothing beside it; answers where. `place` is the runner's to remove. */
  grantRead(folder: string, place: string): Promise<string>;
  /** What the folder takes on the disk. */
  measure(folder: string): Promise<number>;
}
