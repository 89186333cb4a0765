import { chmod, chown, cp, mkdir, mkdtemp, rm, stat, symlink } from "node:fs/promises";
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
  const clone = path.join(home, "a clone, für disinto");
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
async function npmStart(clone: string): Promise<Finished> {
  const own = { HOME: home, TMPDIR: path.join(home, "tmp") };
  await mkdir(own.TMPDIR);
  const argv = ["npm", "start"] as const;
  const options = { cwd: clone, env: toolEnvironment(own), timeoutMs: 300_000 };
  if (!isRoot) return run(argv, options);
  await chmod(home, 0o755);
  await runOrThrow(["chown", "-R", `${NOBODY}:${NOBODY}`, home]);
  await chown(home, NOBODY, NOBODY);
  return run(
    ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", ...argv],
    options,
  );
}

const merged = [
  /^merged {5}7 of 7 in \d+ s$/m,
  /^came back {2}.*with a conflict 1/m,
  /^came back {2}.*with red tests 1/m,
  /^came back {2}.*with changes asked for 1/m,
  /^ {4}waits: stranger may not write code here/m,
  /^leases {5}none left$/m,
];

test("npm start by an ordinary user, in a fresh clone with nothing installed and an odd path, ends with seven issues merged", async () => {
  const { exitCode, stdout, stderr } = await npmStart(await cloneHere());

  expect(exitCode, stderr).toBe(0);
  for (const line of merged) expect(stdout).toMatch(line);
}, 320_000);

test("npm run build in a fresh clone installs and builds, and a link to what it built is the command", async () => {
  const clone = await cloneHere();
  const options = { cwd: clone, env: toolEnvironment({ HOME: home }), timeoutMs: 300_000 };

  const built = await run(["sh", "-c", "umask 077; exec npm run build"], options);

  expect(built.exitCode, built.stderr).toBe(0);
  const link = path.join(home, "disinto-command");
  await symlink(path.join(clone, "dist/main.js"), link);
  expect(await runOrThrow([link, "--version"])).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await stat(path.join(clone, "dist/main.js"))).mode & 0o111).not.toBe(0);
}, 320_000);

test("where packages cannot be fetched, two lines say what failed and where they were asked for", async () => {
  const clone = await cloneHere();
  const registry = "http://127.0.0.1:1/";
  const settings = { npm_config_registry: registry, npm_config_fetch_retries: "0" };
  const cache = { npm_config_cache: path.join(home, "empty-cache") };
  const env = toolEnvironment({ HOME: home, ...settings, ...cache });

  const { exitCode, stderr } = await run([process.execPath, "scripts/install.mjs"], {
    cwd: clone,
    env,
    timeoutMs: 120_000,
  });

  expect(exitCode).toBe(1);
  const [begun, ...said] = stderr.trimEnd().split("\n");
  expect(begun).toBe("disinto: installing the packages that package-lock.json names");
  expect(said).toEqual([
    expect.stringMatching(/^disinto: npm install failed: E[A-Z]+: .*127\.0\.0\.1:1/),
    expect.stringMatching(/^disinto: its registry is what `npm config get registry` says/),
  ]);
}, 120_000);
