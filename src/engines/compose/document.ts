/**
 * Desired state → docker-compose.yml. Built as data and serialised once; no text is spliced. A merge
 * key replaces whole lists and maps, so what bots share is anchored items and an anchored map.
 */
import { Alias, Document, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { Desired } from "../../core/desired.ts";
import type { DesiredService, Mount } from "../../core/service.ts";
import { HOST_NAME } from "../../core/service-ports.ts";
import { sharedBotKeys } from "../../settings/bot.ts";

type Tree = { readonly [key: string]: unknown };

const baseAnchor = "agents_llama_base";
const environmentAnchor = "agents_llama_environment";
const [inside, outside] = ["bots", "disinto-net"];
/** Older factories' is left as it is. Without an address of the host on it, nothing on the inner one reaches the host. */
const networks = {
  [inside]: {
    driver: "bridge",
    internal: true,
    driver_opts: { "com.docker.network.bridge.inhibit_ipv4": "true" },
  },
  [outside]: { driver: "bridge" },
};
/** Where a model on the host itself is found; on Linux the name means nothing unless it is said. */
const modelHost = `${HOST_NAME}:host-gateway`;

/** `project` is the compose project; a factory older than its name keeps the one it has. */
export function renderCompose(desired: Desired, project: string): string {
  const bots = desired.services.filter(({ kind }) => kind !== "core");
  const document = new Document({}, { version: "1.1" });
  const shared = new Shared(document, desired, bots);
  const root = document.contents as unknown as YAMLMap;
  root.set("name", project);
  for (const stanza of shared.stanzas()) root.add(stanza);
  const services = document.createNode({}) as YAMLMap;
  services.items = desired.services.map(
    (service) => new Pair(new Scalar(service.name), shared.render(service)),
  );
  root.add(document.createPair("services", services));
  root.add(new Pair(new Scalar("volumes"), renderVolumes(document, desired)));
  root.add(document.createPair("networks", networks));
  for (const { key } of root.items.slice(1)) (key as Scalar).spaceBefore = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: false, nullStr: "" });
}

class Shared {
  readonly #document: Document;
  readonly #desired: Desired;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #mounts: ReadonlyMap<string, Node>;
  /** The llama bot whose stanza most of them have. */
  readonly #typical: DesiredService | undefined;

  constructor(document: Document, desired: Desired, bots: readonly DesiredService[]) {
    this.#document = document;
    this.#desired = desired;
    const llama = bots.filter(({ kind }) => kind === "llama-bot");
    this.#typical = mostCommon(llama, (one) => JSON.stringify(stanzaOf(one)));
    this.#environment = shareEnvironment(llama);
    this.#mounts = this.#anchorMounts(bots[0]?.mounts ?? []);
  }

  *stanzas(): Generator<Pair> {
    if (this.#mounts.size > 0) yield this.#pair("x-agents-mounts", [...this.#mounts.values()]);
    if (!this.#typical) return;
    const environment = this.#strings(this.#environment);
    environment.anchor = environmentAnchor;
    yield this.#pair("x-agents-llama-environment", environment);
    const base = this.#document.createNode(this.#base(this.#typical)) as YAMLMap;
    base.anchor = baseAnchor;
    yield this.#pair(
      "x-agents-llama-base",
      base,
      " What all llama bots share; lists and maps are merged item by item below.",
    );
  }

  render(service: DesiredService): YAMLMap {
    return service.kind === "llama-bot" ? this.#renderLlama(service) : this.#renderWhole(service);
  }

  #renderLlama(service: DesiredService): YAMLMap {
    const own = Object.entries(service.environment).filter(
      ([key, value]) => this.#environment[key] !== value,
    );
    const environment = this.#strings({ ...Object.fromEntries(own) }, service.secrets);
    environment.items.unshift(this.#merge(environmentAnchor));
    const typical: Tree = this.#typical ? stanzaOf(this.#typical) : {};
    const special = Object.entries(stanzaOf(service)).filter(
      ([key, value]) => typical[key] !== value,
    );
    const volumes = new YAMLSeq(this.#document.schema);
    volumes.items = [
      ...renderVolumeMounts(service).map((mount) => new Scalar(mount)),
      ...this.#mountsOf(service),
    ];
    const stanza = new YAMLMap(this.#document.schema);
    stanza.items = [
      this.#merge(baseAnchor),
      new Pair(new Scalar("container_name"), new Scalar(service.container)),
      ...special.map(([key, value]) => this.#pair(key, value)),
      new Pair(new Scalar("environment"), environment),
      new Pair(new Scalar("volumes"), volumes),
      ...(service.enabled ? [] : [this.#pair("deploy", { replicas: 0 })]),
    ];
    return stanza;
  }

  #renderWhole(service: DesiredService): YAMLMap {
    const environment = this.#strings(service.environment, service.secrets);
    return this.#document.createNode({
      container_name: service.container,
      ...this.#base(service),
      ...(environment.items.length > 0 && { environment }),
      volumes: [...renderVolumeMounts(service), ...this.#mountsOf(service)],
      ...(service.ports.length > 0 && { ports: service.ports.map(renderPort) }),
      ...renderHealthCheck(service),
      ...(!service.enabled && { deploy: { replicas: 0 } }),
    }) as YAMLMap;
  }

  #base(service: DesiredService): Tree {
    const { image, ...limits } = stanzaOf(service);
    return {
      image,
      ...(service.args.length > 0 && {
        command: flow(this.#document, service.args.map(escapeDollars)),
      }),
      restart: "unless-stopped",
      stop_grace_period: "2m",
      labels: { "disinto.factory": this.#desired.name },
      ...(service.user !== undefined && { user: quoted(service.user) }),
      networks: this.#networksOf(service),
      ...(service.networks?.outside && { extra_hosts: [modelHost] }),
      logging: { driver: "json-file", options: { "max-size": "10m", "max-file": quoted("3") } },
      ...limits,
      ...renderConfinement(service),
      ...(service.kind === "llama-bot" && renderHealthCheck(service)),
    };
  }

  #networksOf({ networks: own }: DesiredService): Node {
    if (!own) return flow(this.#document, [inside]);
    const { outside: isOutside, aliases } = own;
    return this.#document.createNode({
      [inside]: aliases.length > 0 ? { aliases } : {},
      ...(isOutside && { [outside]: {} }),
    });
  }

  #anchorMounts(all: readonly Mount[]): ReadonlyMap<string, Node> {
    const nodes = all.map((mount, index) => {
      const node = renderMount(this.#document, mount);
      node.anchor = `agents_mount_${index + 1}`;
      return [mount.target, node] as const;
    });
    return new Map(nodes);
  }

  #mountsOf(service: DesiredService): readonly Node[] {
    return service.mounts.map((mount) => {
      const anchor = this.#mounts.get(mount.target)?.anchor;
      return anchor === undefined ? renderMount(this.#document, mount) : new Alias(anchor);
    });
  }

  #strings(
    literal: Readonly<Record<string, string>>,
    secrets: Readonly<Record<string, string>> = {},
  ) {
    const entries = [
      ...Object.entries(literal).map(([key, value]) => [key, escapeDollars(value)] as const),
      ...Object.entries(secrets).map(([key, name]) => [key, `\${${name}}`] as const),
    ].sort(([a], [b]) => (a < b ? -1 : 1));
    const map = new YAMLMap(this.#document.schema);
    map.items = entries.map(([key, value]) => new Pair(new Scalar(key), quoted(value)));
    return map;
  }

  #merge(anchor: string): Pair {
    return new Pair(new Scalar("<<"), new Alias(anchor));
  }

  #pair(key: string, value: unknown, comment?: string): Pair {
    const pair = this.#document.createPair(key, value) as Pair<Scalar>;
    if (comment !== undefined) pair.key.commentBefore = comment;
    return pair;
  }
}

function renderConfinement({ confinement }: DesiredService): Tree {
  if (!confinement) return {};
  const { capabilities, tmpSize } = confinement;
  return {
    init: true,
    read_only: true,
    tmpfs: [`/tmp:exec,mode=1777,size=${tmpSize}`],
    cap_drop: ["ALL"],
    ...(capabilities.length > 0 && { cap_add: capabilities }),
    security_opt: ["no-new-privileges:true"],
  };
}

/** What a bot may have otherwise than the others. */
function stanzaOf({ image, limits, confinement }: DesiredService): Tree {
  const { memory, cpus, pids } = limits;
  const swap = confinement && { memswap_limit: memory };
  return { image: escapeDollars(image), mem_limit: memory, ...swap, cpus, pids_limit: pids };
}

function mostCommon<T>(items: readonly T[], keyOf: (item: T) => string): T | undefined {
  const counts = new Map<string, number>();
  for (const key of items.map(keyOf)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return items.find((item) => counts.get(keyOf(item)) === most);
}

/** Keys on which all bots agree. */
function shareEnvironment(bots: readonly DesiredService[]): Readonly<Record<string, string>> {
  const [first, ...others] = bots.map(({ environment }) => environment);
  const same = sharedBotKeys.flatMap((key) => {
    const value = first?.[key];
    const agreed = value !== undefined && others.every((other) => other[key] === value);
    return agreed ? [[key, value] as const] : [];
  });
  return Object.fromEntries(same);
}

function renderVolumeMounts({ volumes }: DesiredService): readonly string[] {
  return volumes.map(({ name, path }) => `${name}:${path}`);
}

function renderVolumes({ schema }: Document, { services }: Desired): YAMLMap {
  const names = services.flatMap(({ volumes }) => volumes.map(({ name }) => name));
  const map = new YAMLMap(schema);
  map.items = [...new Set(names)]
    .sort()
    .map((name) => new Pair(new Scalar(name), new Scalar(null)));
  return map;
}

/** A missing host folder is an error of its own; the engine would make an empty one, owned by root. */
function renderMount(document: Document, { type, source, target }: Mount): YAMLMap {
  return flow(document, {
    type,
    source: quoted(escapeDollars(source)),
    target: quoted(escapeDollars(target)),
    read_only: true,
    ...(type === "bind" && { bind: { create_host_path: false } }),
  });
}

function renderPort({ bind, published, target }: DesiredService["ports"][number]): Scalar {
  const host = bind.includes(":") ? `[${bind}]` : bind;
  return quoted(`${host}:${published}:${target}`);
}

/** Each check of a bot starts a process, there may be many bots, and none gets stuck within seconds. */
function renderHealthCheck({ healthCheck, kind }: DesiredService): Tree {
  if (!healthCheck) return {};
  const often = { interval: "10s", timeout: "5s", retries: 6 };
  const seldom = { interval: "1m", timeout: "10s", retries: 3 };
  return {
    healthcheck: {
      test: ["CMD", ...healthCheck.map(escapeDollars)],
      ...(kind === "core" ? often : seldom),
      start_period: "1m",
    },
  };
}

function escapeDollars(text: string): string {
  return text.replaceAll("$", "$$$$");
}

/** Quoted unless no YAML reader, old or new, could take it for anything but this text. */
function quoted(text: string): Scalar {
  const scalar = new Scalar(text);
  const plain = /^(?:\$\{\w+\}|[A-Za-z/][\w/.@-]*|https?:\/\/[\w.:/-]*\w)$/.test(text);
  const word = /^(?:y|n|yes|no|on|off|true|false|null)$/i.test(text);
  if (!plain || word) scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

function flow(document: Document, value: unknown): YAMLMap {
  const node = document.createNode(value) as YAMLMap;
  node.flow = true;
  return node;
}
