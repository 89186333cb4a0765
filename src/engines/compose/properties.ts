/** What `docker compose config` says of one service, in the same words as compose-container.ts. */
import { createHash } from "node:crypto";
import type { Properties } from "../../ports/containers.ts";

export interface ComposeConfig {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes?: Readonly<
    Record<string, { readonly name?: string; readonly external?: boolean } | null>
  >;
}

interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[] | null;
  readonly environment?: Readonly<Record<string, string | null>> | null;
  readonly mem_limit?: string | number;
  readonly cpus?: number;
  readonly pids_limit?: number;
  readonly cap_drop?: readonly string[];
  readonly ports?: readonly {
    readonly target: number;
    readonly published?: string;
    readonly host_ip?: string;
    readonly protocol?: string;
  }[];
  readonly volumes?: readonly {
    readonly type: string;
    readonly source?: string;
    readonly target: string;
    readonly read_only?: boolean;
  }[];
}

export function describeRendered(config: ComposeConfig, name: string): Properties {
  const service = config.services[name];
  return digestAll(service ? describe(service, config) : []);
}

/** Those that Compose makes itself; external ones were there before. */
export function listOwnVolumes(config: ComposeConfig, name: string): readonly string[] {
  const mounts = config.services[name]?.volumes ?? [];
  const sources = mounts.flatMap(({ type, source }) =>
    type === "volume" && source ? [source] : [],
  );
  return sources.filter((source) => !config.volumes?.[source]?.external);
}

/** Only digests leave the adapter: among the values are secrets. */
export function digestAll(properties: Iterable<[string, unknown]>): Properties {
  return new Map(
    [...properties].map(([name, value]) => [
      name,
      createHash("sha256").update(JSON.stringify(value)).digest("base64").slice(0, 16),
    ]),
  );
}

function* describe(service: ComposeService, config: ComposeConfig): Generator<[string, unknown]> {
  yield ["image", service.image];
  if (service.command) yield ["command", service.command.map(restoreDollars)];
  yield ["memory limit", Number(service.mem_limit ?? 0)];
  yield ["CPU limit", service.cpus ?? 0];
  yield ["process limit", service.pids_limit ?? 0];
  if (service.cap_drop?.length) yield ["capabilities", true];
  for (const [key, value] of Object.entries(service.environment ?? {}))
    yield [`environment ${key}`, restoreDollars(value ?? "")];
  yield* describeMounts(service, config);
  for (const { target, protocol = "tcp", host_ip = "", published = "" } of service.ports ?? [])
    yield [`port ${target}/${protocol}`, [`${host_ip}:${published}`]];
}

function* describeMounts({ volumes }: ComposeService, config: ComposeConfig) {
  for (const { type, source = "", target, read_only } of volumes ?? []) {
    const name = type === "volume" ? (config.volumes?.[source]?.name ?? source) : source;
    const property: [string, unknown] = [`mount ${target}`, [type, name, !read_only]];
    yield property;
  }
}

/** `config` escapes every dollar again, so that its output is a compose file. */
function restoreDollars(text: string): string {
  return text.replaceAll("$$", "$");
}
