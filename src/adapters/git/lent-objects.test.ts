/** Who works in the folder is another user, which only root can become without the container's capabilities. */
import { execFileSync } from "node:child_process";
import { access, chmod, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WorkFolders } from "../../ports/git.ts";
import { run, runOrThrow } from "../process.ts";
import { buildOtherUserFiles, commandAs } from "../session-user/other-user.ts";
import { buildObjects } from "./objects.ts";
import { buildWorkFolders } from "./work-folders.ts";

const [worker, stranger] = [64_011, 64_012];
const isRoot = process.getuid?.() === 0;
let root: string;
let mirror: string;
let folders: WorkFolders;
let base: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-lent-"));
  await chmod(root, 0o711);
  mirror = path.join(root, "mirror.git");
  execFileSync("git", ["init", "--quiet", "--bare", mirror]);
  await chmod(mirror, 0o700);
  folders = buildWorkFolders({
    root: path.join(root, "work"),
    mirror,
    userFiles: buildOtherUserFiles(worker),
  });
  const env = { PATH: process.env.PATH ?? "", GIT_DIR: mirror };
  const input = { env, input: "one\n" };
  const blob = (await runOrThrow(["git", "hash-object", "-w", "--stdin"], input)).trim();
  const entry = `100644 blob ${blob}\ta.txt\n`;
  const tree = (await runOrThrow(["git", "mktree"], { env, input: entry })).trim();
  const author = { name: "ada", email: "ada@bots.invalid" };
  const at = "2026-01-01T00:00:00Z";
  base = await buildObjects(mirror).commit({ tree, parents: [], message: "one", author, at });
});

afterAll(() => rm(root, { recursive: true, force: true }));

const trying = async (uid: number, ...argv: readonly [string, ...string[]]) =>
  (await run(commandAs(uid, argv), { env: { PATH: "/usr/bin:/bin" } })).exitCode === 0;

test.skipIf(!isRoot)(
  "a user is lent the objects that it works on, alone, and the mirror is shut to it",
  async () => {
    const folder = await folders.prepare("issue-1", { branch: "fix/issue-1", sha: base });
    const lent = path.join(root, "work.lent/issue-1");

    expect(await trying(worker, "git", "-C", folder, "cat-file", "-e", base)).toBe(true);
    expect(await trying(worker, "ls", mirror)).toBe(false);
    expect(await trying(worker, "touch", path.join(lent, "objects/x"))).toBe(false);
    expect(await trying(worker, "mv", path.join(lent, "objects"), path.join(lent, "o"))).toBe(
      false,
    );
    expect(await trying(stranger, "ls", path.join(lent, "objects"))).toBe(false);
    expect((await stat(path.join(lent, "objects"))).uid).toBe(0);
  },
);

test.skipIf(!isRoot)(
  "what it leaves is collected through what it was lent, which is taken back",
  async () => {
    const folder = await folders.prepare("issue-2", { branch: "fix/issue-2", sha: base });
    await trying(worker, "cp", path.join(folder, "a.txt"), path.join(folder, "b.txt"));

    const collected = await folders.collect("issue-2", base);
    for (const name of ["issue-1", "issue-2"]) await folders.discard(name);

    expect(collected.type).toBe("collected");
    expect(await readdir(path.join(root, "work.lent"))).toEqual([]);
    await expect(access(folder)).rejects.toThrow("ENOENT");
  },
);
