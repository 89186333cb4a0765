/**
 * The local engine: services as child processes, each with its own folder and log below
 * `.disinto/local/`. For trying, developing and testing; nothing restarts a service but the next `up`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { constants } from "node:fs";
import { mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { runShown } from "../../adapters/process.ts";
import { replaceFile } from "../../config/atomic-file.ts";
import { loadEnvironment } from "../../config/load.ts";
import { DisintoError } from "../../errors.ts";
import type {
  Containers,
  LogOptions,
  Observed,
  ObservedContainer,
  RenderedService,
} from "../../ports/containers.ts";
import type { LocalService, LocalServices } from "./document.ts";
import { machineEnvironment } from "./machine-environment.ts";
import { locateOwn } from "./own-folder.ts";
import {
  findLeadersIn,
  identify,
  isAlive,
  isGroupAlive,
  type ProcessIdentity,
  signalGroup,
} from "./process-identity.ts";
import { type ProcessRecord, readProcessRecord, readServicesFile } from "./state-files.ts";
import { listVolumes } from "./volumes.ts";

export interface LocalEngineOptions {
  /** The factory's name. */
  readonly factory: string;
  readonly folder: string;
  /** argv that starts disinto itself. */
  readonly self: readonly [string, ...string[]];
  readonly signal?: AbortSignal | undefined;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs?: number;
  /** How long a service that was started is watched for ending at once. */
  readonly watchMs?: number;
}

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

export function buildLocalEngine(options: LocalEngineOptions): Containers {
  return new LocalEngine(options);
}

class LocalEngine implements Containers {
  readonly title = "local processes";
  readonly file = ".disinto/local/services.json";
  readonly project: string;
  readonly #options: LocalEngineOptions;

  constructor(options: LocalEngineOptions) {
    this.#options = options;
    this.project = options.factory;
  }

  async check(rendering: string): Promise<ReadonlyMap<string, RenderedService>> {
    const { services } = JSON.parse(rendering) as LocalServices;
    const environment = await loadEnvironment(this.#options.folder);
    const program = digest(await readFile(this.#options.self.at(-1) ?? "", "utf8"));
    const rendered = Object.entries(services).map(([name, service]) => {
      const properties = this.#describe(service, environment).set("program", program);
      const volumes = service.volumes.map((volume) => volume.name);
      const hash = digest([...properties]);
      return [name, { hash, imageId: undefined, properties, volumes }] as const;
    });
    return new Map(rendered);
  }

  async observe(): Promise<Observed> {
    const names = await listFolder(this.#path());
    const found = await Promise.all(names.map((name) => this.#observeService(name)));
    const volumes = await listVolumes(this.#path(), await this.#readServices());
    const containers = found.flat();
    const running = containers.filter((one) => one.running).map(({ service }) => service);
    const users = (volume: string) => running.filter((name) => volume.startsWith(`${name}/`));
    const used = [...volumes.keys()].map((name) => [name, users(name)] as const);
    return { containers, volumes: new Map(used) };
  }

  async start(services: readonly string[]): Promise<void> {
    const declared = new Map(await this.#readServices());
    const rendered = await this.check(
      await readFile(join(this.#options.folder, this.file), "utf8"),
    );
    const started = services.map(async (name) => {
      const service = declared.get(name);
      const wanted = rendered.get(name);
      if (!service || !wanted) throw new DisintoError("engine.failed", `no service ${name}`);
      await this.#stop(name);
      if (service.enabled) await this.#spawn(name, service, wanted);
    });
    await Promise.all(started);
  }

  async remove(container: string): Promise<void> {
    await this.#stop(container);
    await rm(this.#path(container, "process.json"), { force: true });
  }

  async removeVolume(volume: string): Promise<void> {
    const path = (await listVolumes(this.#path(), await this.#readServices())).get(volume);
    if (path === undefined) throw new DisintoError("engine.failed", `there is no volume ${volume}`);
    const place = await locateOwn(this.#options.folder, path);
    await rm(place, { recursive: true, force: true });
  }

  async showLogs(services: readonly string[], { follow, show }: LogOptions): Promise<void> {
    const names = services.length > 0 ? services : await listFolder(this.#path());
    const logs = names.map((name) => this.#path(name, "log"));
    const found = await Promise.all(logs.map(exists));
    const shown = logs.filter((_, index) => found[index] || follow);
    if (shown.length === 0) return;
    const { signal } = this.#options;
    const lines = ["-n", "+1", ...(follow ? ["-F"] : [])];
    await runShown(["tail", ...lines, "--", ...shown], { signal, show });
  }

  async exec(service: string, argv: readonly string[]): Promise<string> {
    throw new DisintoError(
      "engine.failed",
      `the local engine runs nothing inside ${service}: ${argv[0]}`,
    );
  }

  async down({ volumes }: { volumes: boolean }): Promise<void> {
    const root = await locateOwn(this.#options.folder, this.#path());
    const names = await listFolder(root);
    await Promise.all(names.map((name) => this.remove(name)));
    if (volumes) await rm(root, { recursive: true, force: true });
  }

  #path(...parts: readonly string[]): string {
    return join(this.#options.folder, ".disinto", "local", ...parts);
  }

  async #readServices(): Promise<readonly (readonly [string, LocalService])[]> {
    const read = await readServicesFile(join(this.#options.folder, this.file));
    return read ? Object.entries(read.services) : [];
  }

  async #observeService(service: string): Promise<readonly ObservedContainer[]> {
    const record = await this.#readRecord(service);
    if (!record) return [];
    const { name, identity, hash, properties } = record;
    const running = await isAlive(identity);
    const state = running ? `running (process ${identity.pid})` : "not running";
    const shared = { service, id: service, name, imageId: undefined };
    return [
      {
        ...shared,
        running,
        hash,
        properties: new Map(properties),
        ours: true,
        isSeparate: true,
        state,
      },
    ];
  }

  #readRecord(name: string): Promise<ProcessRecord | undefined> {
    return readProcessRecord(this.#path(name, "process.json"));
  }

  /** Also what a killed command started and had no time to record: it runs in the service's folder. */
  async #stop(name: string): Promise<void> {
    await locateOwn(this.#options.folder, this.#path(name));
    const recorded = (await this.#readRecord(name))?.identity;
    const found = await findLeadersIn(this.#path(name));
    await Promise.all([...(recorded ? [recorded] : []), ...found].map((one) => this.#end(one)));
  }

  async #end(leader: ProcessIdentity): Promise<void> {
    const { graceMs = 30_000 } = this.#options;
    const place = this.#path();
    if (!(await signalGroup(leader, "SIGTERM", place))) return;
    const deadline = performance.now() + graceMs;
    while ((await isAlive(leader)) && performance.now() < deadline) await pause(25);
    await signalGroup(leader, "SIGKILL", place);
    while (await isGroupAlive(leader)) await pause(25);
  }

  async #spawn(name: string, service: LocalService, wanted: RenderedService): Promise<void> {
    const environment = await loadEnvironment(this.#options.folder);
    const { folder } = this.#options;
    await mkdir(await locateOwn(folder, this.#path(name)), { recursive: true, mode: 0o700 });
    for (const { path } of service.volumes)
      await mkdir(await locateOwn(folder, path), { recursive: true });
    const log = await open(this.#path(name, "log"), APPEND, 0o600);
    try {
      const [program, ...rest] = this.#options.self;
      const child = spawn(program, [...rest, ...service.args], {
        cwd: this.#path(name),
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
        env: { ...machineEnvironment(), ...resolveEnvironment(service, environment) },
      });
      await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
      const process = { service: name, container: service.container, pid: child.pid ?? 0 };
      await this.#record(process, wanted);
      await this.#watchStart(name, child);
      child.unref();
    } finally {
      await log.close();
    }
  }

  /** A service that cannot run mostly says so at once; its last words are the reason to show. */
  async #watchStart(name: string, child: ChildProcess): Promise<void> {
    const early = AbortSignal.timeout(this.#options.watchMs ?? 500);
    await once(child, "exit", { signal: early }).catch(() => undefined);
    if (child.exitCode === null && child.signalCode === null) return;
    const words = (await readFile(this.#path(name, "log"), "utf8")).trim().split("\n").slice(-12);
    const end = child.signalCode ?? `exit code ${child.exitCode}`;
    throw new DisintoError("engine.failed", `it ended at once (${end}): ${words.join("\n")}`, {
      hint: `read ${this.#path(name, "log")}`,
    });
  }

  async #record(
    { service, container, pid }: { service: string; container: string; pid: number },
    { hash, properties }: RenderedService,
  ): Promise<void> {
    const identity = (await identify(pid)) ?? { pid, started: "ended at once" };
    const record: ProcessRecord = { name: container, identity, hash, properties: [...properties] };
    await replaceFile(this.#path(service, "process.json"), `${JSON.stringify(record)}\n`, 0o600);
  }

  #describe(service: LocalService, environment: ReadonlyMap<string, string>) {
    const variables = Object.entries(resolveEnvironment(service, environment));
    return new Map([
      ["command", digest([...this.#options.self, ...service.args])],
      ...variables.map(([key, value]) => [`environment ${key}`, digest(value)] as const),
    ]);
  }
}

function resolveEnvironment(service: LocalService, environment: ReadonlyMap<string, string>) {
  const secrets = Object.entries(service.secrets).map(
    ([key, variable]) => [key, environment.get(variable) ?? ""] as const,
  );
  return { ...service.environment, ...Object.fromEntries(secrets) };
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64").slice(0, 22);
}

async function listFolder(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
