import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runOrThrow } from "../src/adapters/process.ts";

const scripts = path.join(import.meta.dirname, "..", "scripts");
const LONG_AGO_S = 1_000_000;

let folder: string;
let running: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "build-"));
});

afterEach(async () => {
  for (const child of running) child.kill();
  running = [];
  await rm(folder, { recursive: true });
});

/** Loads a part of its own build once it is told to. */
const waiting = (part: string) => `
  process.stdout.write("begun");
  process.stdin.once("data", async () => {
    const { said } = await import("./${part}.js");
    process.stdout.write(said, () => process.exit());
  });
`;

/** A build whose one part has this name, swapped in by the script that every build ends with. */
async function swapIn(part: string): Promise<void> {
  const fresh = path.join(folder, ".new-1");
  await mkdir(fresh);
  await writeFile(path.join(fresh, "main.js"), waiting(part));
  await writeFile(path.join(fresh, `${part}.js`), `export const said = "${part}";`);
  for (const name of await readdir(fresh))
    await utimes(path.join(fresh, name), LONG_AGO_S, LONG_AGO_S);
  const { swapBuild } = await import(path.join(scripts, "swap-build.mjs"));
  swapBuild(fresh, folder);
}

async function startCommand(): Promise<() => Promise<string>> {
  await writeFile(path.join(folder, "package.json"), '{"type": "module"}');
  const child = spawn(process.execPath, ["main.js"], { cwd: folder });
  running.push(child);
  await once(child.stdout, "data");
  return async () => {
    child.stdin.write("go");
    const [said] = await once(child.stdout, "data");
    await once(child, "exit");
    return String(said);
  };
}

test("a build leaves a running command its parts, however old they are and whatever is built meanwhile", async () => {
  await swapIn("plan-AAAAAAAA");
  const goOn = await startCommand();

  for (const part of ["plan-BBBBBBBB", "plan-CCCCCCCC"]) {
    await swapIn(part);
    await utimes(path.join(folder, "plan-AAAAAAAA.js"), LONG_AGO_S, LONG_AGO_S);
  }

  expect(await goOn()).toBe("plan-AAAAAAAA");
  expect(await (await startCommand())()).toBe("plan-CCCCCCCC");
});

test("what a build replaced stays for a day from then on, and goes with the next build", async () => {
  const old = path.join(folder, "plan-AAAAAAAA.js");
  await swapIn("plan-AAAAAAAA");
  await swapIn("plan-BBBBBBBB");
  expect(Date.now() - (await stat(old)).mtimeMs).toBeLessThan(3_600_000);

  await utimes(old, LONG_AGO_S, LONG_AGO_S);
  await swapIn("plan-CCCCCCCC");

  const names = await readdir(folder);
  expect(names).not.toContain("plan-AAAAAAAA.js");
  expect(names).toContain("plan-BBBBBBBB.js");
});

test("a build replaces what begins it last, and can be run as a command", async () => {
  await writeFile(path.join(folder, "plan-AAAAAAAA.js"), "");

  await runOrThrow([process.execPath, path.join(scripts, "build.mjs"), folder]);

  const names = await readdir(folder);
  expect(names).toEqual(expect.arrayContaining(["main.js", "plan-AAAAAAAA.js"]));
  expect(names.filter((name) => name.startsWith("."))).toEqual([]);
  expect((await stat(path.join(folder, "main.js"))).mode & 0o777).toBe(0o755);
});
