import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownUser } from "../../adapters/session-user/session-user.ts";
import type { ReadCache } from "../../ports/ci.ts";
import { closeSessionFolder, openSessionFolder } from "./session-folder.ts";

let root: string;
let archive: Buffer;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-session-"));
  for (const name of ["kept", "issue-1"]) await mkdir(path.join(root, name));
  await writeFile(path.join(root, "kept/from-main"), "downloaded");
  archive = execFileSync("tar", ["-c", "-C", path.join(root, "kept"), "."]);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const stateFolder = () => path.join(root, "state");
const open = (cache: ReadCache | undefined) =>
  openSessionFolder({
    stateFolder: stateFolder(),
    folder: path.join(root, "issue-1"),
    pathVariable: process.env.PATH,
    keepHome: true,
    user: ownUser,
    cache,
  });
const whole: ReadCache = async () => Readable.from([archive]);

test("each session has a copy of the cache for itself, and none of an earlier session's changes", async () => {
  for (const session of ["first", "second"]) {
    const place = await open(whole);
    const { CI_CACHE = "" } = place.env;
    expect(await readdir(CI_CACHE)).toEqual(["from-main"]);
    expect(await readFile(path.join(CI_CACHE, "from-main"), "utf8")).toBe("downloaded");
    await writeFile(path.join(CI_CACHE, session), "poison");
    await closeSessionFolder(stateFolder(), place);
    await expect(readdir(CI_CACHE)).rejects.toThrow("ENOENT");
  }
});

test("a cache that is not whole, or not there, is an empty one", async () => {
  const broken: ReadCache = async () => Readable.from([archive.subarray(0, 600)]);

  for (const cache of [broken, async () => undefined]) {
    const place = await open(cache);
    expect(await readdir(place.env.CI_CACHE ?? "")).toEqual([]);
    await closeSessionFolder(stateFolder(), place);
  }
});

test("where the project's CI has none, a session is not told of one", async () => {
  expect((await open(undefined)).env).not.toHaveProperty("CI_CACHE");
});
