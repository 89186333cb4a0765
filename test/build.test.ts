import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { runOrThrow } from "../src/adapters/process.ts";

const script = path.join(import.meta.dirname, "..", "scripts", "build.mjs");

test("a build leaves a running command its parts, replaces what begins it last, and can be run as a command", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "build-"));
  await writeFile(path.join(folder, "plan-AAAAAAAA.js"), "");
  await writeFile(path.join(folder, "plan-BBBBBBBB.js"), "");
  await utimes(path.join(folder, "plan-BBBBBBBB.js"), 1_000_000, 1_000_000);

  await runOrThrow([process.execPath, script, folder]);

  const names = await readdir(folder);
  expect(names).toEqual(expect.arrayContaining(["main.js", "plan-AAAAAAAA.js"]));
  expect(names).not.toContain("plan-BBBBBBBB.js");
  expect(names.filter((name) => name.startsWith("."))).toEqual([]);
  expect((await stat(path.join(folder, "main.js"))).mode & 0o777).toBe(0o755);
  await rm(folder, { recursive: true });
});
