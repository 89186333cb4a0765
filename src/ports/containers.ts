/** An engine that runs services: Docker Compose, or child processes. */
export interface Containers {
  /** Names the engine in messages: "docker compose", "local processes". */
  readonly title: string;
  /** Checks a rendering without writing it; answers the configuration hash of each service. */
  check(rendering: string): Promise<ReadonlyMap<string, string>>;
  /** Every service of this factory that exists now, running or not. */
  observe(): Promise<readonly ObservedService[]>;
  /** Image id by reference as rendered; a reference the engine does not have is absent. */
  imageIds(references: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Starts or replaces exactly these services from the rendering already written. */
  start(services: readonly string[]): Promise<void>;
  remove(container: ObservedService): Promise<void>;
  /** Runs a command inside a running service and answers its standard output. */
  exec(service: string, argv: readonly string[]): Promise<string>;
  /** Stops and removes every service; volumes only when asked. */
  down(options: { volumes: boolean }): Promise<void>;
}

export interface ObservedService {
  readonly service: string;
  /** Name of the container, or the process id of a local one. */
  readonly container: string;
  readonly running: boolean;
  readonly hash: string;
  /** Empty where the engine has no images. */
  readonly imageId: string;
  /** The rendered environment and image it runs with, for saying what changed; values never leave the planner. */
  readonly labels: Readonly<Record<string, string>>;
}
