/** The CI's runs of one project, as an operator follows them. */

export interface CiRun {
  readonly number: number;
  readonly event: string;
  readonly isOver: boolean;
}

export interface CiRunReader {
  /** The newest run of each event that has this commit, the oldest first. */
  newestOf(sha: string): Promise<readonly CiRun[]>;
  restart(number: number): Promise<void>;
  /** Shows what is there, then what comes, until the run is over; true if it succeeded. */
  follow(number: number, show: (line: string) => void): Promise<boolean>;
}
