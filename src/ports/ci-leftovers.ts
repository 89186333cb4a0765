/** What runs of a CI whose agent was killed have left on the engine. */
export interface CiLeftovers {
  /** Those that no run can need any more, the oldest first. */
  list(now: Date): Promise<readonly CiLeftover[]>;
  remove(leftover: CiLeftover): Promise<void>;
}

export interface CiLeftover {
  readonly kind: "network" | "volume";
  readonly name: string;
  /** When its run began; ISO 8601. */
  readonly since: string;
}
