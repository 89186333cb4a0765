/** One service as it should be; what an engine renders and runs. */

export interface DesiredService {
  readonly name: string;
  readonly kind: "llama-bot" | "bot" | "core";
  readonly container: string;
  readonly image: string;
  /** What the image's entrypoint already says of the disinto command line. */
  readonly entrypoint: readonly string[];
  /** The rest of the disinto command line. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Variable in the container → variable in `.env` that holds its value. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly volumes: readonly Volume[];
  readonly mounts: readonly Mount[];
  readonly ports: readonly Port[];
  readonly healthCheck: readonly string[] | undefined;
  /** Default: inside alone. */
  readonly networks?: Networks | undefined;
  /** Default: the image's. */
  readonly user?: string | undefined;
  /** Undefined where the image's and the engine's own holds. */
  readonly confinement?: Confinement | undefined;
  readonly limits: { readonly memory: string; readonly cpus: number; readonly pids: number };
  /** False for a service that is declared and keeps its volumes, but does not run. */
  readonly enabled: boolean;
  /** Why it exists, for people. */
  readonly origin: string;
}

export interface Volume {
  readonly name: string;
  readonly path: string;
  /** User whose it must be; undefined: whoever's it is. */
  readonly owner?: number | undefined;
}

/** `inside` has no way out and no address of the host. */
export interface Networks {
  readonly outside: boolean;
  /** Names that lead to it inside, beside its own. */
  readonly aliases: readonly string[];
}

/** What a container of ours may not: change its image, get rights, leave dead processes unburied. */
export interface Confinement {
  /** All that it has. */
  readonly capabilities: readonly string[];
  /** The size of /tmp, in memory. */
  readonly tmpSize: string;
}

/** Confinement of what runs strangers' code: it may become who runs it. */
export const separating: Confinement = { capabilities: ["SETUID", "SETGID"], tmpSize: "1g" };

/** Read-only inside: a path of the host, or a volume that another service writes. */
export interface Mount {
  readonly type: "bind" | "volume";
  readonly source: string;
  readonly target: string;
}

export interface Port {
  readonly bind: string;
  readonly published: number;
  readonly target: number;
}

/** What runs beside the bots. */
export const coreLimits = { memory: "2g", cpus: 2, pids: 512 };

/** Our own images have no other client than node. */
export function deriveProbe(url: string): readonly string[] {
  const program = `fetch("${url}").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
  return ["node", "-e", program];
}
