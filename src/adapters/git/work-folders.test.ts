import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Objects, WorkFolders } from "../../ports/git.ts";
import { runOrThrow } from "../process.ts";
import { ownUserFiles } from "../session-user/own-user.ts";
import { buildObjects } from "./objects.ts";
import { buildWorkFolders } from "./work-folders.ts";

let root: string;
let objects: Objects;
let folders: WorkFolders;
let base: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-folders-"));
  const mirror = path.join(root, "mirror.git");
  await runOrThrow(["git", "init", "--quiet", "--bare", mirror]);
  objects = buildObjects(mirror);
  folders = buildWorkFolders({ root: path.join(root, "work"), mirror, userFiles: ownUserFiles });
  const env = { PATH: process.env.PATH ?? "", GIT_DIR: mirror };
  const blob = (
    await runOrThrow(["git", "hash-object", "-w", "--stdin"], { env, input: "one\n" })
  ).trim();
  const tree = (
    await runOrThrow(["git", "mktree"], { env, input: `100644 blob ${blob}\ta.txt\n` })
  ).trim();
  const author = { name: "ada", email: "ada@bots.invalid" };
  base = await objects.commit({
    tree,
    parents: [],
    message: "one",
    author,
    at: "2026-01-01T00:00:00Z",
  });
});

afterAll(() => rm(root, { recursive: true, force: true }));

let folder: string;
beforeEach(async () => {
  folder = await folders.prepare("issue-1", { branch: "fix/issue-1", sha: base });
});

test("what the harness leaves is collected: files added, changed and deleted", async () => {
  await writeFile(path.join(folder, "b.txt"), "two\n");
  await rm(path.join(folder, "a.txt"));

  const collected = await folders.collect("issue-1", base);

  expect(collected.type).toBe("collected");
  const author = { name: "ada", email: "ada@bots.invalid" };
  const tree = collected.type === "collected" ? collected.tree : "";
  const head = await objects.commit({
    tree,
    parents: [base],
    message: "two",
    author,
    at: "2026-01-01T00:00:00Z",
  });
  expect(await objects.diff(base, head)).toMatch(
    /deleted file[\s\S]*a\.txt[\s\S]*new file[\s\S]*\+two/,
  );
});

test("an untouched folder gives the tree it started from", async () => {
  expect(await folders.collect("issue-1", base)).toEqual({
    type: "collected",
    tree: await objects.treeOf(base),
  });
});

test("nothing that the harness does to its repository runs as the runner", async () => {
  const trap = path.join(root, "trapped");
  const hook = `#!/bin/sh\ntouch ${trap}\n`;
  await mkdir(path.join(folder, ".git", "hooks"), { recursive: true });
  await writeFile(path.join(folder, ".git", "hooks", "pre-commit"), hook, { mode: 0o755 });
  await writeFile(path.join(folder, "filter.sh"), hook);
  await chmod(path.join(folder, "filter.sh"), 0o755);
  const config = `[core]\n\tfsmonitor = ${folder}/filter.sh\n\tworktree = /etc\n[filter "x"]\n\tclean = ${folder}/filter.sh\n`;
  await writeFile(path.join(folder, ".git", "config"), config);
  await writeFile(path.join(folder, ".gitattributes"), "* filter=x\n");

  const collected = await folders.collect("issue-1", base);

  expect(collected.type).toBe("collected");
  await expect(readFile(trap)).rejects.toThrow("ENOENT");
});

test("a symbolic link or a nested repository is refused by name", async () => {
  await symlink("/etc/passwd", path.join(folder, "passwords"));
  const withLink = await folders.collect("issue-1", base);
  await rm(path.join(folder, "passwords"));
  await runOrThrow(["git", "init", "--quiet", "nested"], { cwd: folder });
  await runOrThrow(
    [
      "git",
      "-c",
      "user.name=x",
      "-c",
      "user.email=x@x",
      "commit",
      "--quiet",
      "--allow-empty",
      "-m",
      "x",
    ],
    {
      cwd: path.join(folder, "nested"),
    },
  );
  const withRepository = await folders.collect("issue-1", base);

  expect(withLink).toEqual({ type: "refused", reason: 'it adds a symbolic link: "passwords"' });
  expect(withRepository).toEqual({
    type: "refused",
    reason: 'it adds a nested repository: "nested"',
  });
});

test("preparing again starts from nothing that was there before", async () => {
  await writeFile(path.join(folder, "left-over"), "x");

  const again = await folders.prepare("issue-1", { branch: "fix/issue-1", sha: base });

  await expect(readFile(path.join(again, "left-over"))).rejects.toThrow("ENOENT");
  expect(await readFile(path.join(again, "a.txt"), "utf8")).toBe("one\n");
});
