/** An engine that runs services: Docker Compose, or child processes. */
export interface Containers {
  /** Names the engine in messages: "docker compose", "local processes". */
  readonly title: string;
  /** The generated file, relative to the factory's folder. */
  readonly file: string;
  /** The compose project; the factory's name where the engine knows no projects. */
  readonly project: string;
  /** Checks a rendering without writing it; answers each service in it, also those an operator added. */
  check(rendering: string): Promise<ReadonlyMap<string, RenderedService>>;
  /** One snapshot of everything that exists of this factory now, running or not. */
  observe(): Promise<Observed>;
  /** Starts or replaces exactly these services from the rendering already written. */
  start(services: readonly string[]): Promise<void>;
  /** Stops and removes one container; its volumes stay. */
  remove(container: string): Promise<void>;
  /** Removes a volume that no container mounts; a volume in use is an error. */
  removeVolume(volume: string): Promise<void>;
  /** Hands on each line that services wrote; with `follow` until interrupted. */
  showLogs(services: readonly string[], options: LogOptions): Promise<void>;
  /** Runs a command inside a running service, as this user there, and answers its standard output. */
  exec(service: string, argv: readonly string[], user?: string): Promise<string>;
  /** Stops and removes every service of the factory; volumes only when asked. */
  down(options: { volumes: boolean }): Promise<void>;
}

export interface LogOptions {
  readonly follow: boolean;
  readonly show: (line: string) => void;
}

/** Name of a property as people say it ("environment CLAUDE_MODEL", "image") → a digest of its value. */
export type Properties = ReadonlyMap<string, string>;

export interface RenderedService {
  readonly hash: string;
  /** Id of the image it would run; undefined where the engine does not have it, or has no images. */
  readonly imageId: string | undefined;
  readonly properties: Properties;
  /** Volumes that the engine makes with it, named as they are rendered. */
  readonly volumes: readonly string[];
}

export interface Observed {
  readonly containers: readonly ObservedContainer[];
  /** Each volume that exists, named as it is rendered, with the containers that mount it. */
  readonly volumes: ReadonlyMap<string, readonly string[]>;
}

export interface ObservedContainer {
  readonly service: string;
  /** What `remove` takes. */
  readonly id: string;
  /** The container's name; a process has its service's. */
  readonly name: string;
  readonly running: boolean;
  readonly hash: string;
  /** Undefined where the engine has no images. */
  readonly imageId: string | undefined;
  readonly properties: Properties;
  /** Carries this factory's label: disinto made it and may remove it. */
  readonly ours: boolean;
  /** What it serves runs as users of its own, whose its volumes are. */
  readonly isSeparate: boolean;
  /** How it is, in the engine's words: "running", "exited (1)". */
  readonly state: string;
}
