/** A disk that is full at some moment of `init`: on real file systems, each of a size at which something else fits no more. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { loadFactory } from "../../src/config/load.ts";
import { runCli } from "../support/cli.ts";

let root: string;
const mounted: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-disk-"));
  await cp(path.join(import.meta.dirname, "../support/greeter"), path.join(root, "shop"), {
    recursive: true,
  });
  await repositories.init(path.join(root, "shop"));
});

afterAll(async () => {
  for (const folder of mounted) execFileSync("umount", [folder]);
  await rm(root, { recursive: true });
});

/** Undefined where this machine lets us mount nothing. */
async function mountSmall(size: string): Promise<string | undefined> {
  const folder = path.join(root, `disk-${size}`);
  await mkdir(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "disinto-test", folder], {
      stdio: "ignore",
    });
  } catch {
    return undefined;
  }
  mounted.push(folder);
  return folder;
}

async function expectNothingHalfWritten(folder: string): Promise<void> {
  const names = (await readdir(folder, { recursive: true })).map(String);
  expect(names.filter((name) => name.includes("disinto-new"))).toEqual([]);
  const projects = names.filter((name) => /^projects\/.*\.toml$/.test(name));
  if (!names.includes(".env")) return expect(projects).toEqual([]);
  expect(await readFile(path.join(folder, ".env"), "utf8")).toMatch(/^(\w+=.*\n)+$/);
  await loadFactory(folder, "0.1.0");
}

test.each(["4k", "16k", "40k", "256k"])(
  "a disk of %s is a clear error, nothing is half-written, and with more room the same command completes",
  async (size) => {
    const folder = await mountSmall(size);
    if (folder === undefined) return console.info("skipped: only root may mount a small disk");
    const init = ["init", path.join(root, "shop"), "--engine", "local", "--yes"];
    try {
      const failed = await runCli(folder, init);

      expect(failed.exitCode, failed.stderr).toBe(1);
      expect(failed.stderr).toMatch(/^disinto: .*$/m);
      expect(failed.stderr).toMatch(/^ {2}hint: .*$/m);
      await expectNothingHalfWritten(folder);
      execFileSync("mount", ["-o", "remount,size=64m", folder]);
      const completed = await runCli(folder, init);
      expect(completed.exitCode, completed.stderr).toBe(0);
      expect((await runCli(folder, init)).stderr).toContain("nothing to do");
    } finally {
      await runCli(folder, ["down"]);
    }
  },
);
