/** Containers that do one thing, end and are gone. */
export interface OneShots {
  /** Runs to the end whatever the exit code. */
  run(job: Job): Promise<JobEnd>;
}

export interface Job {
  /** What it belongs to on the engine: its container's name begins with it, and it is found with the project's others. */
  readonly project: string;
  readonly name: string;
  readonly image: string;
  /** Program and arguments; the image's own entrypoint is not used. */
  readonly argv: readonly string[];
  readonly input?: Uint8Array;
  /** Path inside → name of an existing volume. */
  readonly volumes?: Readonly<Record<string, string>>;
  /** Default: the engine's usual one. */
  readonly network?: string;
  /** Default: the image's. */
  readonly user?: string;
  /** Default: none. */
  readonly capabilities?: readonly string[];
  readonly limits: { readonly memory: string; readonly cpus: number; readonly pids: number };
  readonly timeoutMs: number;
}

export interface JobEnd {
  readonly exitCode: number;
  /** The end of what it wrote on both streams. */
  readonly lastLines: string;
}
