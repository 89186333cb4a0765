import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli, startCli } from "../support/cli.ts";
import { until } from "../support/test-factory.ts";

let folder: string;
const environment = () => ({ TMPDIR: path.join(folder, "tmp") });

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "disinto-demos-"));
  await mkdir(environment().TMPDIR);
});

afterEach(async () => {
  await runCli(folder, ["demo", "--clean"], { env: environment() });
  await rm(folder, { recursive: true, force: true });
});

/** Command lines of processes that name the test's own folder. */
async function listOwnProcesses(): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const texts = pids.map(async (pid) => {
    const parts = ["cmdline", "environ"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8"));
    return Promise.all(parts).then(
      ([line = "", environ = ""]) =>
        Number(pid) !== process.pid && `${line}${environ}`.includes(folder) ? line : "",
      () => "",
    );
  });
  return (await Promise.all(texts)).filter((line) => line !== "");
}

async function listDemos(): Promise<readonly string[]> {
  return readdir(environment().TMPDIR);
}

test("after kill -9 of the demo, --clean ends what ran and removes its folder; a second one finds nothing", async () => {
  const child = await startCli(folder, ["demo", "--bots", "1"], environment());
  await until("the bots run", async () =>
    (await listOwnProcesses()).some((line) => line.includes("agent\0run")),
  );
  child.kill("SIGKILL");
  expect(await listDemos()).toHaveLength(1);

  const cleaned = await runCli(folder, ["demo", "--clean"], { env: environment() });

  expect(cleaned.exitCode, cleaned.stderr).toBe(0);
  expect(cleaned.stderr).toMatch(/^removed .*disinto-demo-\w+ and what ran in it$/m);
  expect(await listDemos()).toEqual([]);
  await until("nothing of it runs", async () => (await listOwnProcesses()).length === 0);
  const again = await runCli(folder, ["demo", "--clean"], { env: environment() });
  expect(again.stderr).toBe("no demo left anything\n");
}, 120_000);

test("after Ctrl-C nothing is left", async () => {
  const child = await startCli(folder, ["demo", "--bots", "1"], environment());
  await until("the bots run", async () =>
    (await listOwnProcesses()).some((line) => line.includes("agent\0run")),
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));

  child.kill("SIGINT");

  expect(await ended).toBe(130);
  expect(await listDemos()).toEqual([]);
  await until("nothing of it runs", async () => (await listOwnProcesses()).length === 0);
}, 120_000);

test.each([
  [["--bots", "0"], "--bots must be a number from 1 to 8"],
  [["--speed", "0"], "--speed must be above 0"],
  [["--harness", "nothing"], "--harness nothing is unknown"],
  [["--keep", "."], "is not empty"],
])("demo %s is refused before anything is made", async (flags, message) => {
  const keep = flags.map((flag) => (flag === "." ? folder : flag));

  const { exitCode, stderr } = await runCli(folder, ["demo", ...keep], { env: environment() });

  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
  expect(await listDemos()).toEqual([]);
});
