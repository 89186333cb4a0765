/** Docker Compose as an engine. Only exact services are started, only exact containers removed. */
import { readFileSync } from "node:fs";
import { access } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  type Argv,
  type Finished,
  type RunOptions,
  run,
  runShown,
} from "../../adapters/process.ts";
import type { Factory } from "../../core/factory.ts";
import { DisintoError } from "../../errors.ts";
import type { Containers, LogOptions, Observed, RenderedService } from "../../ports/containers.ts";
import { type ImageDefaults, type Inspected, toObservedContainer } from "./container.ts";
import { type ComposeConfig, describeRendered, listOwnVolumes } from "./properties.ts";

const file = "docker-compose.yml";
const overrideFile = "docker-compose.override.yml";
const projectLabel = "com.docker.compose.project";
const startTimeoutMs = 30 * 60_000;

export interface ComposeOptions {
  readonly factory: Factory;
  /** Absolute path of the factory's folder. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/** `project` is what `findProject` found; the factory's name is used where there is none yet. */
export function buildCompose(options: ComposeOptions, project: string | undefined): Containers {
  return new Compose(options, project ?? options.factory.name);
}

/**
 * The project this folder's installation already has, in the order of DESIGN §4. An older
 * installation's volumes hang on it: another project name would mean a new, empty forge.
 */
export async function findProject(folder: string): Promise<string | undefined> {
  const filter = `label=com.docker.compose.project.working_dir=${folder}`;
  const format = `{{.Label "${projectLabel}"}}`;
  const named = readProjectName(folder);
  const [running, usual] = await Promise.all([
    list(["ps", "--all", "--filter", filter, "--format", format]),
    named === undefined ? findUsualProject(folder) : undefined,
  ]);
  return running[0] ?? named ?? usual;
}

/** The name that Compose would give the project, if volumes of it exist. */
async function findUsualProject(folder: string): Promise<string | undefined> {
  const usual = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
  if (usual === "") return undefined;
  const volumes = await list(["volume", "ls", "-q", "--filter", `label=${projectLabel}=${usual}`]);
  return volumes.length > 0 ? usual : undefined;
}

/** Without an engine there is nothing of ours on it. */
async function list(args: readonly string[]): Promise<readonly string[]> {
  return docker(args).then(lines, (error: unknown) => {
    if (error instanceof DisintoError && error.code === "engine.unavailable") return [];
    throw error;
  });
}

/** Started at once, so that the engine is asked before anything else is loaded. */
function readProjectName(folder: string): string | undefined {
  try {
    const text = readFileSync(join(folder, file), "utf8");
    return /^name: *["']?([a-z0-9][a-z0-9_-]*)/m.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

class Compose implements Containers {
  readonly title = "docker compose";
  readonly file = file;
  readonly project: string;
  readonly #options: ComposeOptions;

  constructor(options: ComposeOptions, project: string) {
    this.#options = options;
    this.project = project;
  }

  async check(rendering: string): Promise<ReadonlyMap<string, RenderedService>> {
    const options = { input: rendering };
    const [, hashes, config] = await Promise.all([
      requireVersion(),
      this.#compose("-", ["config", "--hash", "*"], options),
      this.#compose("-", ["config", "--format", "json", "--no-path-resolution"], options),
    ]);
    const resolved = JSON.parse(config) as ComposeConfig;
    const references = new Set(Object.values(resolved.services).map(({ image }) => image));
    const ids = await findImageIds([...references]);
    const rendered = lines(hashes).map((line) => {
      const [service = "", hash = ""] = line.split(" ");
      const imageId = ids.get(resolved.services[service]?.image ?? "");
      const properties = describeRendered(resolved, service);
      const volumes = listOwnVolumes(resolved, service);
      return [service, { hash, imageId, properties, volumes }] as const;
    });
    return new Map(rendered);
  }

  async observe(): Promise<Observed> {
    const filter = `label=${projectLabel}=${this.project}`;
    const format = '{{.Name}} {{.Label "com.docker.compose.volume"}}';
    const [ids, volumes] = await Promise.all([
      docker(["ps", "--all", "--no-trunc", "--quiet", "--filter", filter]),
      docker(["volume", "ls", "--filter", filter, "--format", format]),
    ]);
    const inspected = await inspect<Inspected>("container", lines(ids));
    const images = await inspect<{ Id: string; Config?: ImageDefaults }>("image", [
      ...new Set(inspected.map(({ Image }) => Image)),
    ]);
    const defaults = new Map(images.map(({ Id, Config }) => [Id, Config ?? {}]));
    const context = { factory: this.#options.factory.name, images: defaults };
    return {
      containers: inspected
        .filter(({ Config }) => Config.Labels["com.docker.compose.oneoff"] !== "True")
        .map((container) => toObservedContainer(container, context)),
      volumes: new Map(lines(volumes).map((line) => toVolume(line, inspected))),
    };
  }

  async start(services: readonly string[]): Promise<void> {
    const options = { timeoutMs: startTimeoutMs };
    await this.#compose(file, ["up", "--detach", "--quiet-pull", ...services], options);
  }

  async remove(container: string): Promise<void> {
    await docker(["stop", container], { timeoutMs: startTimeoutMs });
    await docker(["rm", container]);
  }

  async removeVolume(volume: string): Promise<void> {
    const filters = [
      `label=${projectLabel}=${this.project}`,
      `label=com.docker.compose.volume=${volume}`,
    ];
    const names = await docker([
      "volume",
      "ls",
      "--quiet",
      ...filters.flatMap((one) => ["--filter", one]),
    ]);
    for (const name of lines(names)) await docker(["volume", "rm", name]);
  }

  async showLogs(services: readonly string[], { follow, show }: LogOptions): Promise<void> {
    const { folder, signal } = this.#options;
    const args = [
      "--project-directory",
      folder,
      "logs",
      ...(follow ? ["--follow"] : []),
      ...services,
    ];
    // Compose 2.26 begins each line so, whoever reads it.
    const erase = "\u001b[2K";
    const bare = (line: string) => (line.startsWith(erase) ? line.slice(erase.length) : line);
    const options = { cwd: folder, signal, show: (line: string) => show(bare(line)) };
    await runShown(["docker", "compose", ...args], options);
  }

  async exec(service: string, argv: readonly string[], user?: string): Promise<string> {
    const asUser = user === undefined ? [] : ["--user", user];
    return this.#compose(file, ["exec", "-T", ...asUser, service, ...argv]);
  }

  async down({ volumes }: { volumes: boolean }): Promise<void> {
    const options = { timeoutMs: startTimeoutMs };
    await this.#compose(file, ["down", ...(volumes ? ["--volumes"] : [])], options);
  }

  /** `source` is the generated file, or `-` for a text that is not written yet. */
  async #compose(
    source: string,
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<string> {
    const { folder, signal } = this.#options;
    const override = await access(join(folder, overrideFile)).then(
      () => ["--file", overrideFile],
      () => [],
    );
    const files = ["--project-directory", folder, "--file", source, ...override];
    const merged = { cwd: folder, ...(signal && { signal }), ...options };
    return docker(["compose", ...files, ...args], merged);
  }
}

/** `line` holds the volume's own name and the one it is rendered with. */
function toVolume(line: string, containers: readonly Inspected[]): [string, readonly string[]] {
  const [name = "", rendered = ""] = line.split(" ");
  const users = containers.filter(({ Mounts }) => Mounts.some((mount) => mount.Name === name));
  return [rendered, users.map(({ Name }) => Name.slice(1))];
}

async function findImageIds(references: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(
    references.map(async (reference) => {
      const [image] = await inspect<{ Id: string }>("image", [reference]);
      return image ? ([[reference, image.Id]] as const) : [];
    }),
  );
  return new Map(found.flat());
}

async function requireVersion(): Promise<void> {
  const version = (await docker(["compose", "version", "--short"])).trim();
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  if (major > 2 || (major === 2 && minor >= 24)) return;
  const hint = "install a newer docker-compose-plugin";
  throw new DisintoError(
    "engine.unavailable",
    `Compose 2.24 or newer is needed; this is ${version}`,
    { hint },
  );
}

/** What is gone by now is left out of the answer. */
async function inspect<T>(
  kind: "container" | "image",
  names: readonly string[],
): Promise<readonly T[]> {
  if (names.length === 0) return [];
  const { stdout, stderr } = await runDocker(["inspect", "--type", kind, ...names]);
  if (!stdout.trimStart().startsWith("[")) throw toFailure("inspect", stderr);
  return JSON.parse(stdout) as T[];
}

async function docker(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await runDocker(args, options);
  if (exitCode === 0) return stdout;
  // What a container says of its failure may stand on either.
  throw toFailure(args[0] === "compose" ? "compose" : (args[0] ?? ""), `${stdout}\n${stderr}`);
}

async function runDocker(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const argv: Argv = ["docker", ...args];
  try {
    return await run(argv, options);
  } catch (error) {
    if (!(error instanceof DisintoError) || !/ENOENT/.test(error.message)) throw error;
    throw new DisintoError("engine.unavailable", "the docker command was not found", {
      hint: "install Docker with its compose plugin, or set DISINTO_ENGINE=local in .env",
      cause: error,
    });
  }
}

function toFailure(command: string, stderr: string): DisintoError {
  const text = stderr.trim().split("\n").slice(-5).join("\n");
  if (/Cannot connect to the Docker daemon|permission denied while trying/i.test(text)) {
    const hint = "start Docker, or give this user access to it";
    return new DisintoError("engine.unavailable", text, { hint });
  }
  return new DisintoError("engine.failed", `docker ${command}: ${text}`);
}

function lines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
