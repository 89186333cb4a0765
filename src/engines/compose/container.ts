/** What `docker inspect` says of one container, as the planner sees it. */
import type { ObservedContainer } from "../../ports/containers.ts";
import { digestAll } from "./properties.ts";

export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  /** By the engine's own restart policy. */
  readonly RestartCount?: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly ExitCode: number;
    /** Absent without a health check. */
    readonly Health?: { readonly Status: string };
  };
  readonly Config: {
    readonly Labels: Readonly<Record<string, string>>;
    readonly Env: readonly string[] | null;
    readonly Image: string;
    readonly Cmd: readonly string[] | null;
  };
  readonly HostConfig: {
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number | null;
    readonly CapDrop?: readonly string[] | null;
    readonly PortBindings: Readonly<
      Record<string, readonly { HostIp: string; HostPort: string }[] | null>
    > | null;
  };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Name?: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
}

export interface ImageDefaults {
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
}

export interface ComposeContext {
  /** Value of the label that marks what disinto made. */
  readonly factory: string;
  /** What each image sets by itself, by image id. */
  readonly images: ReadonlyMap<string, ImageDefaults>;
}

export function toObservedContainer(
  container: Inspected,
  context: ComposeContext,
): ObservedContainer {
  const { Id, Name, Image, State, Config, HostConfig } = container;
  return {
    service: Config.Labels["com.docker.compose.service"] ?? "",
    id: Id,
    name: Name.replace(/^\//, ""),
    running: State.Running,
    hash: Config.Labels["com.docker.compose.config-hash"] ?? "",
    imageId: Image,
    properties: digestAll(describe(container, context.images.get(Image) ?? {})),
    ours: Config.Labels["disinto.factory"] === context.factory,
    isSeparate: HostConfig.CapDrop?.includes("ALL") ?? false,
    state: describeState(container),
  };
}

function describeState({ State, RestartCount = 0 }: Inspected): string {
  const { Status, ExitCode, Health } = State;
  const times = RestartCount === 1 ? "once" : `${RestartCount} times`;
  const details = [
    ...(Status === "exited" || Status === "restarting" ? [`${ExitCode}`] : []),
    ...(Status === "running" && Health?.Status === "unhealthy" ? ["unhealthy"] : []),
    ...(RestartCount > 0 ? [`restarted ${times}`] : []),
  ];
  return details.length === 0 ? Status : `${Status} (${details.join(", ")})`;
}

function* describe(container: Inspected, inherited: ImageDefaults): Generator<[string, unknown]> {
  const { Config, HostConfig, Mounts } = container;
  yield ["image", Config.Image];
  const isOwn = JSON.stringify(Config.Cmd ?? []) !== JSON.stringify(inherited.Cmd ?? []);
  if (isOwn) yield ["command", Config.Cmd ?? []];
  yield ["memory limit", HostConfig.Memory];
  yield ["CPU limit", HostConfig.NanoCpus / 1e9];
  yield ["process limit", HostConfig.PidsLimit ?? 0];
  if (HostConfig.CapDrop?.length) yield ["capabilities", true];
  for (const entry of (Config.Env ?? []).filter((one) => !inherited.Env?.includes(one))) {
    const [, key = "", value = ""] = /^([^=]*)=(.*)$/s.exec(entry) ?? [];
    yield [`environment ${key}`, value];
  }
  yield* describeMounts(Mounts);
  for (const [target, bindings] of Object.entries(HostConfig.PortBindings ?? {})) {
    const published = (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`);
    yield [`port ${target}`, published];
  }
}

function* describeMounts(mounts: Inspected["Mounts"]): Generator<[string, unknown]> {
  for (const { Type, Name, Source, Destination, RW } of mounts)
    yield [`mount ${Destination}`, [Type, Type === "volume" ? Name : Source, RW]];
}
