/** One factory folder on the real engine, with names and ports of its own. */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deriveCredentialKeys } from "../../src/core/names.ts";
import { type Ended, runCli } from "./cli.ts";
import { docker, removeProject } from "./docker.ts";

export interface Container {
  readonly id: string;
  readonly startedAt: string;
  readonly running: boolean;
  readonly environment: Readonly<Record<string, string>>;
  /** Path inside → volume name or host path, with `:ro` when it is read-only. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly inspected: string;
}

export class Fleet {
  readonly folder: string;
  readonly name: string;
  readonly image: string;
  readonly port: number;

  constructor(options: { folder: string; name: string; image: string; port: number }) {
    this.folder = options.folder;
    this.name = options.name;
    this.image = options.image;
    this.port = options.port;
  }

  /** `.env` with what each scenario needs, credentials for these bots, and these lines. */
  async configure(bots: readonly string[], ...lines: readonly string[]): Promise<void> {
    const credentials = bots.flatMap((bot) => {
      const { token, password } = deriveCredentialKeys(bot);
      return [`${token}=token-of-${bot}`, `${password}='pass $of ${bot}'`];
    });
    const common = [
      `DISINTO_NAME=${this.name}`,
      `DISINTO_FORGE_PORT=${this.port}`,
      `DISINTO_IMAGE_AGENTS=${this.image}`,
      `DISINTO_IMAGE_FORGEJO=${this.image}`,
      "LLAMA_BASE_URL=http://host.docker.internal:8081",
    ];
    await this.write(".env", `${[...common, ...credentials, ...lines].join("\n")}\n`);
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(join(this.folder, "projects"), { recursive: true });
    await writeFile(join(this.folder, file), text);
  }

  async read(file: string): Promise<string> {
    return readFile(join(this.folder, file), "utf8");
  }

  async modified(file = "docker-compose.yml"): Promise<number> {
    return (await stat(join(this.folder, file))).mtimeMs;
  }

  /** The modification times of every file in the folder. */
  async listTimes(): Promise<Readonly<Record<string, number>>> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name));
    const times = paths.map(async (path) => [path, (await stat(path)).mtimeMs] as const);
    return Object.fromEntries(await Promise.all(times));
  }

  async cli(...args: readonly string[]): Promise<Ended> {
    return runCli(this.folder, args);
  }

  /** Must end with 0; answers what it said. */
  async up(...args: readonly string[]): Promise<string> {
    const { exitCode, stderr } = await this.cli("up", ...args);
    if (exitCode !== 0) throw new Error(`up ended with ${exitCode}: ${stderr}`);
    return stderr;
  }

  async plan(): Promise<string> {
    const { exitCode, stdout, stderr } = await this.cli("plan");
    if (exitCode !== 0) throw new Error(`plan ended with ${exitCode}: ${stderr}`);
    return stdout.trimEnd();
  }

  async compose(...args: readonly string[]): Promise<string> {
    return docker("compose", "--project-directory", this.folder, ...args);
  }

  /** Every container of the factory, by the rest of its name behind the factory's. */
  async containers(): Promise<Readonly<Record<string, Container>>> {
    const filter = `label=com.docker.compose.project=${this.name}`;
    const ids = await docker("ps", "--all", "--no-trunc", "--quiet", "--filter", filter);
    if (ids === "") return {};
    const all = JSON.parse(await docker("inspect", ...ids.split("\n"))) as Inspected[];
    const entries = all.map((one) => [
      one.Name.slice(1).replace(`${this.name}-`, ""),
      toContainer(one),
    ]);
    return Object.fromEntries(entries);
  }

  async remove(): Promise<void> {
    await removeProject(this.name);
    await rm(this.folder, { recursive: true, force: true });
  }
}

interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly State: { readonly StartedAt: string; readonly Running: boolean };
  readonly Config: { readonly Env: readonly string[] };
  readonly Mounts: readonly {
    readonly Name?: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
}

function toContainer(one: Inspected): Container {
  const variables = one.Config.Env.map((text) => /^([^=]*)=(.*)$/s.exec(text)?.slice(1) ?? []);
  const mounts = one.Mounts.map(({ Name, Source, Destination, RW }) => [
    Destination,
    `${Name ?? Source}${RW ? "" : ":ro"}`,
  ]);
  return {
    id: one.Id,
    startedAt: one.State.StartedAt,
    running: one.State.Running,
    environment: Object.fromEntries(variables),
    mounts: Object.fromEntries(mounts),
    inspected: JSON.stringify(one),
  };
}

export async function makeFleet(image: string): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), "factory-"));
  const fleet = new Fleet({
    folder,
    name: `t${randomBytes(4).toString("hex")}`,
    image,
    port: await findFreePort(),
  });
  await fleet.write("projects/shop.toml", 'repo = "acme/shop"\n[ci]\nprovider = "external"\n');
  return fleet;
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Ids and start times: what "not disturbed" means. */
export function identify(containers: Readonly<Record<string, Container>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(containers).map(([name, { id, startedAt }]) => [name, `${id} ${startedAt}`]),
  );
}
