/** What is committed is what stands in the folder, and nothing that the harness did not touch, whatever the repository's attributes say. */
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Objects, WorkFolders } from "../../ports/git.ts";
import { runOrThrow } from "../process.ts";
import { ownUserFiles } from "../session-user/own-user.ts";
import { localGitEnvironment } from "./environment.ts";
import { buildObjects } from "./objects.ts";
import { buildWorkFolders } from "./work-folders.ts";

let root: string;
let mirror: string;
let objects: Objects;
let folders: WorkFolders;
let base: string;
let folder: string;

const attributes = [
  "* text=auto eol=crlf",
  "*.unix text eol=lf",
  "*.wide text working-tree-encoding=UTF-16",
  "*.id ident",
  "*.rot filter=rot",
  "*.psd filter=lfs diff=lfs merge=lfs -text",
  "",
].join("\n");
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 5\n`;
const files: Readonly<Record<string, string | Buffer>> = {
  ".gitattributes": attributes,
  ".gitignore": "dist/\n",
  "windows.unix": "one\r\ntwo\r\n",
  "mixed.txt": "one\r\ntwo\nthree\r",
  "bare.txt": "one\ntwo",
  "a.wide": Buffer.from("\ufeffone\n", "utf16le"),
  "a.id": "$Id: something $\n",
  "a.rot": "rotten\n",
  "art.psd": pointer,
  "naïve file.txt": "one\r\n",
  "dist/kept.js": "kept\n",
  "run.sh": "#!/bin/sh\r\n",
};

async function git(...args: string[]): Promise<string> {
  const who = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b" };
  const env = localGitEnvironment({ ...who, GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b" });
  return (await runOrThrow(["git", ...args], { cwd: path.join(root, "origin"), env })).trim();
}

/** The commit is made of blobs as they are: none went through an attribute. */
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-bytes-"));
  await mkdir(path.join(root, "origin", "sub", "deep"), { recursive: true });
  await git("init", "--quiet", "--template=", "--initial-branch=main", ".");
  await mkdir(path.join(root, "origin", ".git", "info"));
  await writeFile(
    path.join(root, "origin", ".git", "info", "attributes"),
    "* -text -ident -filter -working-tree-encoding\n",
  );
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, "origin", name)), { recursive: true });
    await writeFile(path.join(root, "origin", name), content);
  }
  await chmod(path.join(root, "origin", "run.sh"), 0o755);
  await symlink("../bare.txt", path.join(root, "origin", "sub", "link"));
  await symlink("/etc/hostname", path.join(root, "origin", "whole"));
  await git("add", "--all", "--force");
  await git("commit", "--quiet", "-m", "base");
  base = await git("rev-parse", "HEAD");
  mirror = path.join(root, "mirror.git");
  await git("clone", "--quiet", "--bare", ".", mirror);
  objects = buildObjects(mirror);
  folders = buildWorkFolders({ root: path.join(root, "work"), mirror, userFiles: ownUserFiles });
});

afterAll(() => rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  folder = await folders.prepare("issue-1", { branch: "fix/issue-1", sha: base });
});

const at = (name: string): string => path.join(folder, name);

/** Path → what the commit has there, of what is not as it was. */
async function changes(): Promise<Readonly<Record<string, string>>> {
  const collected = await folders.collect("issue-1", base);
  if (collected.type === "refused") throw new Error(collected.reason);
  const env = localGitEnvironment({ GIT_DIR: mirror });
  const names = await objects.changedPaths(base, collected.tree);
  const entries = names.map(async (name) => {
    const mode = await runOrThrow(["git", "ls-tree", collected.tree, "--", name], { env });
    if (mode === "") return [name, "gone"] as const;
    const content = await runOrThrow(["git", "cat-file", "blob", `${collected.tree}:${name}`], {
      env,
    });
    return [name, `${mode.slice(0, 6)} ${content}`] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function refusal(): Promise<string> {
  const collected = await folders.collect("issue-1", base);
  return collected.type === "refused" ? collected.reason : "it was collected";
}

test("what nobody touched stands in the folder as it is committed, and is no change", async () => {
  for (const [name, content] of Object.entries(files))
    expect(await readFile(at(name)), name).toEqual(Buffer.from(content));
  const { exitCode } = await import("../process.ts").then(({ run }) =>
    run(["git", "diff", "--quiet", "HEAD"], { cwd: folder, env: localGitEnvironment() }),
  );

  expect(await changes()).toEqual({});
  expect(exitCode, "git in the folder sees no change either").toBe(0);
});

test("what was touched is committed byte for byte, with its mode", async () => {
  await writeFile(at("windows.unix"), "one\r\n2\r\n");
  await writeFile(at("bare.txt"), "one\r\ntwo");
  await writeFile(at("new.txt"), "a\r\nb\n");
  await writeFile(at("new.wide"), "plain\n");
  await writeFile(at("a.id"), "$Id: other $\n");
  await writeFile(at("a.rot"), "fresh\n");
  await chmod(at("run.sh"), 0o644);

  expect(await changes()).toEqual({
    "windows.unix": "100644 one\r\n2\r\n",
    "bare.txt": "100644 one\r\ntwo",
    "new.txt": "100644 a\r\nb\n",
    "new.wide": "100644 plain\n",
    "a.id": "100644 $Id: other $\n",
    "a.rot": "100644 fresh\n",
    "run.sh": "100644 #!/bin/sh\r\n",
  });
});

test("attributes that the harness changes convert nothing either", async () => {
  await writeFile(at(".gitattributes"), "* text eol=lf\n");

  expect(Object.keys(await changes())).toEqual([".gitattributes"]);
});

test("a file that was moved is there under its new name, also where the repository ignores its like", async () => {
  await rename(at("dist/kept.js"), at("dist/moved.js"));
  await writeFile(at("dist/built.js"), "built\n");
  await rename(at("mixed.txt"), at("sub/mixed.txt"));

  expect(await changes()).toEqual({
    "dist/kept.js": "gone",
    "dist/moved.js": "100644 kept\n",
    "mixed.txt": "gone",
    "sub/mixed.txt": `100644 ${files["mixed.txt"]}`,
  });
});

test("a symbolic link that was only moved is no new one, unless it leads out of the repository from there", async () => {
  await rename(at("sub/link"), at("sub/other"));
  await rename(at("whole"), at("sub/whole"));
  expect(await changes()).toMatchObject({ "sub/other": "120000 ../bare.txt", whole: "gone" });

  await rename(at("sub/other"), at("link"));
  expect(await refusal()).toBe('it makes a symbolic link lead out of the repository: "link"');

  await rm(at("link"));
  await symlink("../run.sh", at("sub/link"));
  expect(await changes()).toMatchObject({ "sub/link": "120000 ../run.sh" });
  await rm(at("sub/link"));
  await symlink("../../outside", at("sub/link"));
  expect(await refusal()).toBe('it makes a symbolic link lead out of the repository: "sub/link"');
});

test("a pointer of Git LFS is moved or deleted; a file in its place is refused by name", async () => {
  await rename(at("art.psd"), at("sub/moved.psd"));
  expect(await changes()).toEqual({ "art.psd": "gone", "sub/moved.psd": `100644 ${pointer}` });

  await writeFile(at("sub/moved.psd"), "paint\n");
  expect(await refusal()).toBe(
    "it changes files that the repository keeps in Git LFS, which cannot be stored here: sub/moved.psd",
  );
  expect(await objects.lfsAttributes(base)).toEqual([".gitattributes"]);
});
