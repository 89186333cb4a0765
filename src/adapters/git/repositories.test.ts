import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openContent } from "../../apply/content.ts";
import { runOrThrow } from "../process.ts";
import { localGitEnvironment } from "./environment.ts";
import { repositories } from "./repositories.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "repositories-"));
});
afterEach(() => rm(root, { recursive: true }));

function git(folder: string, ...words: readonly string[]): Promise<string> {
  return runOrThrow(["git", ...words], { cwd: folder, env: localGitEnvironment() });
}

async function makeRepository(): Promise<string> {
  const folder = await mkdtemp(path.join(root, "shop-"));
  await writeFile(path.join(folder, "README.md"), "# Shop\n");
  await repositories.init(folder);
  return folder;
}

function describe(folder: string) {
  return openContent(
    { repositories, say: () => undefined },
    { kind: "folder", folder, name: "shop" },
  ).describe();
}

test("a repository, and a bare one, are described by the branch that is checked out", async () => {
  const folder = await makeRepository();
  const bare = path.join(root, "bare.git");
  await git(root, "clone", "--quiet", "--bare", folder, bare);

  expect(await describe(folder)).toMatchObject({ branch: "main", isShallow: false });
  expect(await describe(bare)).toMatchObject({ branch: "main" });
});

test("a repository that is of no use as it stands is named as what it is, with the command that helps", async () => {
  const detached = await makeRepository();
  await git(detached, "checkout", "--quiet", "--detach");
  const shallow = path.join(root, "shallow");
  const full = await makeRepository();
  await git(root, "clone", "--quiet", "--depth=1", `file://${full}`, shallow);
  const empty = await mkdtemp(path.join(root, "empty-"));
  await git(empty, "init", "--quiet", "--initial-branch=trunk");
  const none = await mkdtemp(path.join(root, "none-"));

  const refusals = [
    [detached, "has a detached HEAD", "switch BRANCH"],
    [shallow, "is a shallow clone", "fetch --unshallow"],
    [empty, "has no commit on its branch trunk", "commit"],
    [none, "does not contain a git repository", "give a folder"],
  ] as const;
  for (const [folder, message, hint] of refusals) {
    await expect(describe(folder)).rejects.toThrow(
      expect.objectContaining({
        code: "usage.invalid",
        message: expect.stringContaining(`${folder} ${message}`),
        hint: expect.stringContaining(hint),
      }),
    );
  }
});

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)(
  "another user's repository is read like any; one that may not be read is named as that",
  async () => {
    const readable = await makeRepository();
    const shut = await makeRepository();
    for (const folder of [readable, shut]) await runOrThrow(["chown", "-R", "12345", folder]);
    await chmod(path.join(shut, ".git"), 0o700);
    await chmod(root, 0o755);
    for (const folder of [readable, shut]) await chmod(folder, 0o755);

    expect(await describe(readable)).toMatchObject({ branch: "main" });
    process.seteuid?.(65534);
    const refusal = await describe(shut)
      .catch((error: unknown) => error)
      .finally(() => process.seteuid?.(0));

    expect(refusal).toMatchObject({
      code: "usage.invalid",
      message: `you may not read ${shut}/.git (it belongs to the user 12345)`,
      hint: expect.stringContaining("chown -R"),
    });
  },
);
