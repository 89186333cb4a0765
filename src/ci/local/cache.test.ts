import { execFileSync } from "node:child_process";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeTree } from "../../adapters/remove-tree.ts";
import { ownUser } from "../../adapters/session-user/session-user.ts";
import { ProjectCache } from "./cache.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-cache-"));
});
afterEach(() => removeTree(root));

const openCache = (limitBytes = 10_000_000) =>
  ProjectCache.open(path.join(root, "kept"), limitBytes);

async function makeFolder(name: string): Promise<string> {
  const folder = path.join(root, name);
  await mkdir(folder);
  return folder;
}

test("what was kept is there again, with its links and modes, and each has a copy of its own", async () => {
  const cache = await openCache();
  const made = await makeFolder("made");
  await mkdir(path.join(made, "mod/pkg@v1"), { recursive: true });
  await writeFile(path.join(made, "mod/pkg@v1/a.go"), "package a\n", { mode: 0o444 });
  execFileSync("ln", ["-s", "pkg@v1", path.join(made, "mod/latest")]);
  await chmod(path.join(made, "mod/pkg@v1"), 0o555);
  expect(await cache.keep(made, ownUser)).toBe("kept");

  const [one, two] = [await makeFolder("one"), await makeFolder("two")];
  await cache.unpack(one, ownUser);
  await rm(path.join(one, "mod/latest"));
  await cache.unpack(two, ownUser);

  expect(await readFile(path.join(two, "mod/latest/a.go"), "utf8")).toBe("package a\n");
  expect((await stat(path.join(two, "mod/pkg@v1"))).mode & 0o777).toBe(0o555);
});

test("where nothing was kept a run begins with nothing", async () => {
  const folder = await makeFolder("one");

  await (await openCache()).unpack(folder, ownUser);

  expect(await readdir(folder)).toEqual([]);
});

test("more than the limit is not kept, holes in files counted, and the next begins with nothing", async () => {
  const cache = await openCache(1_000_000);
  const made = await makeFolder("made");
  await writeFile(path.join(made, "small"), "small");
  await cache.keep(made, ownUser);
  await writeFile(path.join(made, "sparse"), "");
  await truncate(path.join(made, "sparse"), 2 ** 40);

  expect(await cache.keep(made, ownUser)).toBe("dropped");

  expect(await cache.read()).toBeUndefined();
  expect(await readdir(path.join(root, "kept"))).toEqual([]);
});

test("what cannot be packed leaves the one before, and no part of it", async () => {
  const cache = await openCache();
  const made = await makeFolder("made");
  await writeFile(path.join(made, "small"), "small");
  await cache.keep(made, ownUser);

  await expect(cache.keep(path.join(root, "gone"), ownUser)).rejects.toMatchObject({
    code: "process.failed",
  });

  expect(await readdir(path.join(root, "kept"))).toEqual(["cache.tar"]);
});

test("a limit of nothing forgets what was kept, and a killed CI's unfinished part goes", async () => {
  const made = await makeFolder("made");
  await (await openCache()).keep(made, ownUser);
  await writeFile(path.join(root, "kept/cache.tar.3"), "half");

  await openCache(0);

  expect(await readdir(path.join(root, "kept"))).toEqual([]);
});
