import { chmod, chown, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Finished, run, runOrThrow, toolEnvironment } from "../../src/adapters/process.ts";

const checkout = path.join(import.meta.dirname, "../..");
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

let home: string;

afterEach(() => rm(home, { recursive: true, force: true }));

/** What a clone would hold: the tracked files as they stand, nothing installed, nothing built. */
async function cloneHere(): Promise<string> {
  home = await mkdtemp(path.join(tmpdir(), "disinto-clone-"));
  const clone = path.join(home, "disinto");
  const files = (await runOrThrow(["git", "ls-files", "-z"], { cwd: checkout }))
    .split("\0")
    .filter(Boolean);
  for (const file of files) {
    await mkdir(path.dirname(path.join(clone, file)), { recursive: true });
    await cp(path.join(checkout, file), path.join(clone, file)).catch(
      (error: NodeJS.ErrnoException) => {
        // Deleted in the working tree and not yet in the index.
        if (error.code !== "ENOENT") throw error;
      },
    );
  }
  return clone;
}

/** npm's cache may be shared, its place and the temporary folder may not: they belong to the one who runs it. */
async function npmStart(clone: string, asNobody: boolean): Promise<Finished> {
  const own = { HOME: home, TMPDIR: path.join(home, "tmp") };
  await mkdir(own.TMPDIR);
  const argv = ["npm", "start"] as const;
  const options = { cwd: clone, env: toolEnvironment(own), timeoutMs: 300_000 };
  if (!asNobody) return run(argv, options);
  await chmod(home, 0o755);
  await runOrThrow(["chown", "-R", `${NOBODY}:${NOBODY}`, home]);
  await chown(home, NOBODY, NOBODY);
  return run(
    ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", ...argv],
    options,
  );
}

const merged = [
  /^merged {5}yes, as pull request #2$/m,
  /^commit {5}[0-9a-f]{10} by dev-qwen: Say goodbye too$/m,
  /^approved {3}by reviewer$/m,
  /^issue #1 {3}closed$/m,
  /^leases {5}none left$/m,
];

test("npm start in a fresh clone with nothing installed ends with one issue merged", async () => {
  const { exitCode, stdout, stderr } = await npmStart(await cloneHere(), false);

  expect(exitCode, stderr).toBe(0);
  for (const line of merged) expect(stdout).toMatch(line);
}, 320_000);

test.skipIf(!isRoot)(
  "npm start needs no root",
  async () => {
    const { exitCode, stdout, stderr } = await npmStart(await cloneHere(), true);

    expect(exitCode, stderr).toBe(0);
    for (const line of merged) expect(stdout).toMatch(line);
  },
  320_000,
);
