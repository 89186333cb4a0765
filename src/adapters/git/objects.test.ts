import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runOrThrow } from "../process.ts";
import { localGitEnvironment } from "./environment.ts";
import { buildObjects } from "./objects.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "disinto-objects-"));
  await git("init", "--quiet", "--template=", "--initial-branch=main", ".");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function git(...args: string[]): Promise<string> {
  const who = ["-c", "user.name=a", "-c", "user.email=a@b"];
  const env = localGitEnvironment();
  return (await runOrThrow(["git", ...who, ...args], { cwd: folder, env })).trim();
}

async function commit(name: string, content: string): Promise<string> {
  await writeFile(path.join(folder, name), content);
  await git("add", "--all");
  await git("commit", "--quiet", "-m", name);
  return git("rev-parse", "HEAD");
}

const text = (first: string): string => `${first}\n${"the same line\n".repeat(30)}`;

test("what a side changed in a file is found, whatever either side calls it", async () => {
  const start = await commit("old näme.txt", text("first"));
  await rename(path.join(folder, "old näme.txt"), path.join(folder, "new name.txt"));
  const renamed = await commit("new name.txt", text("mine"));
  await git("checkout", "--quiet", start);
  const edited = await commit("old näme.txt", text("theirs"));
  const objects = buildObjects(path.join(folder, ".git"));
  const merged = await objects.mergeTrees(renamed, edited);

  expect(merged).toMatchObject({ type: "conflicted", files: ["new name.txt"] });

  const mine = await objects.diffOf("new name.txt", { from: edited, to: renamed });
  const theirs = await objects.diffOf("new name.txt", { from: renamed, to: edited });
  expect(mine).toMatch(/rename from old näme\.txt[\s\S]*-first\n\+mine/);
  expect(theirs).toMatch(/-first\n\+theirs/);
});

test("a name that is no text, or looks like a pattern, is found and no other with it", async () => {
  const start = await git("rev-parse", "HEAD");
  await writeFile(path.join(folder, "odd"), "odd\n");
  const blob = await git("hash-object", "-w", "odd");
  const names = [Buffer.from([0x6e, 0xe4, 0x2e, 0x74]), Buffer.from("*.t"), Buffer.from("b.t")];
  const entries = names.map((name) => Buffer.concat([Buffer.from(`100644 blob ${blob}\t`), name]));
  const input = Buffer.concat(entries.flatMap((entry) => [entry, Buffer.from([0])]));
  const env = localGitEnvironment();
  const tree = (await runOrThrow(["git", "mktree", "-z"], { cwd: folder, env, input })).trim();
  const end = await git("commit-tree", tree, "-p", start, "-m", "odd");
  const objects = buildObjects(path.join(folder, ".git"));

  const odd = await objects.diffOf("n\ufffd.t", { from: start, to: end });
  const star = await objects.diffOf("*.t", { from: start, to: end });

  expect(odd.match(/^new file/gm)).toHaveLength(1);
  expect(odd).toContain("+odd");
  expect(star.match(/^new file/gm)).toHaveLength(1);
});
