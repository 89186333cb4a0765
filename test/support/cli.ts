/** The command line as users run it: built once from the sources as they are, and started as a process. */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, cp, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, runOrThrow, toolEnvironment } from "../../src/adapters/process.ts";
import { withLock } from "../../src/config/file-lock.ts";
import { builtFolder } from "../answers/folders.ts";
import { noteOutput } from "./secret-scan.ts";

export const root = join(import.meta.dirname, "../..");
const home = builtFolder;

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

let built: Promise<string> | undefined;

/** Path of main.js. Test files run side by side; one of them builds, the others wait for it. */
export function buildCli(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  await mkdir(home, { recursive: true });
  await withLock({ folder: home, name: "build", waitMs: 120_000 }, async () => {
    const changes = ["src", "prompts", "demo", "scripts", "test/answers"].map((folder) =>
      newestChange(join(root, folder)),
    );
    const stamp = (await Promise.all(changes)).join();
    if ((await readFile(join(home, "stamp"), "utf8").catch(() => "")) === stamp) return;
    await runOrThrow([process.execPath, join(root, "scripts/build.mjs"), join(home, "dist")]);
    await copyPackageFiles(home);
    await addRecorder(join(home, "dist"));
    await writeFile(join(home, "stamp"), stamp);
  });
  return join(home, "dist/main.js");
}

/** What the command line reads of its own package. */
export async function copyPackageFiles(folder: string): Promise<void> {
  await copyFile(join(root, "package.json"), join(folder, "package.json"));
  for (const part of ["dashboard", "prompts", "demo"])
    await cp(join(root, part), join(folder, part), { recursive: true });
}

/** The forges of this command line leave their answers behind, see test/answers. */
async function addRecorder(dist: string): Promise<void> {
  for (const file of ["recorder.mjs", "built-recorder.mjs"]) {
    await copyFile(join(root, "test/answers", file), join(dist, file));
  }
  const main = join(dist, "main.js");
  const text = await readFile(main, "utf8");
  const start = text.startsWith("#!") ? text.indexOf("\n") + 1 : 0;
  await writeFile(
    main,
    `${text.slice(0, start)}import "./built-recorder.mjs";\n${text.slice(start)}`,
  );
}

export async function newestChange(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const times = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).mtimeMs),
  );
  return Math.max(...times);
}

interface CliOptions {
  readonly input?: string;
  /** Beside what every program gets. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function runCli(
  folder: string,
  args: readonly string[],
  { input, env = {} }: CliOptions = {},
): Promise<Ended> {
  const argv = [process.execPath, await buildCli(), "--factory", folder, ...args] as const;
  const options = { timeoutMs: 400_000, env: toolEnvironment(env) };
  const ended = await run(argv, { ...options, ...(input !== undefined && { input }) });
  await noteOutput(folder, args, ended);
  return ended;
}

/** For tests that interrupt it. */
export async function startCli(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const main = await buildCli();
  return spawn(process.execPath, [main, "--factory", folder, ...args], {
    stdio: "ignore",
    env: { ...process.env, ...env },
  });
}
