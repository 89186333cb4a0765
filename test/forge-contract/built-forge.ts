/** The forge as plain JavaScript, for tests that need it as a process of its own, or changed. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runOrThrow } from "../../src/adapters/process.ts";

const checkout = fileURLToPath(new URL("../../", import.meta.url));

export interface Built {
  /** Holds what `src/` holds. */
  readonly folder: string;
  remove(): Promise<void>;
}

/** Below node_modules, so that packages are found from there. */
export async function buildForge(): Promise<Built> {
  const cache = join(checkout, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "disinto-forge-"));
  const config = {
    extends: join(checkout, "tsconfig.build.json"),
    compilerOptions: {
      noEmit: false,
      outDir: folder,
      rootDir: join(checkout, "src"),
      allowImportingTsExtensions: false,
      rewriteRelativeImportExtensions: true,
    },
    include: [join(checkout, "src/forge")],
    exclude: [join(checkout, "src/**/*.test.ts")],
  };
  const file = join(folder, "tsconfig.json");
  await writeFile(file, JSON.stringify(config));
  await runOrThrow([
    process.execPath,
    join(checkout, "node_modules/typescript/bin/tsc"),
    "-p",
    file,
  ]);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface ForgeProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number | undefined;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** The same, for the git processes that it started too. */
  killAll(): Promise<void>;
}

/** Ends with its parent, although its process group is its own. */
const script = `
process.stdin.resume().on("end", () => process.exit());
const [module, folder, port] = process.argv.slice(1);
const { startForge } = await import(module);
const forge = await startForge({ folder, port: Number(port) });
process.stdout.write(forge.url + "\\n");
`;

export async function spawnForge(
  built: Built,
  { folder, port }: { folder: string; port: number },
): Promise<ForgeProcess> {
  const module = join(built.folder, "forge/serve.js");
  const args = ["--input-type=module", "-e", script, module, folder, String(port)];
  const stdio = ["pipe", "pipe", "inherit"] as const;
  const child = spawn(process.execPath, args, { stdio: [...stdio], detached: true });
  const url = await firstLine(child);
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid,
    kill: () => killed(child, (pid) => process.kill(pid, "SIGKILL")),
    killAll: () => killed(child, (pid) => process.kill(-pid, "SIGKILL")),
  };
}

async function killed(child: ChildProcess, kill: (pid: number) => void): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  if (child.pid !== undefined) kill(child.pid);
  await gone;
}

async function firstLine(child: ChildProcess): Promise<string> {
  return await new Promise((resolve, reject) => {
    child.once("close", (code) => reject(new Error(`the forge ended with ${code}`)));
    child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
}
