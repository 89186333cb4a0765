/** Branches whose short names mean something else to git: those of a tag, of a sha, and in another case. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runOrThrow } from "../process.ts";
import { localGitEnvironment } from "./environment.ts";
import { buildMirror } from "./mirror.ts";
import { repositories } from "./repositories.ts";

let folder: string;
let access: { forgeUrl: string; login: string; token: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "disinto-names-"));
  access = { forgeUrl: "http://127.0.0.1:1", login: "x", token: "x" };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function git(cwd: string, ...args: string[]): Promise<string> {
  const who = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b" };
  const env = localGitEnvironment({ ...who, GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b" });
  return (await runOrThrow(["git", ...args], { cwd, env })).trim();
}

/** The branch has its own commit; a tag of its name, and a branch in another case, have another one. */
async function ambiguous(branch: string): Promise<{ place: string; sha: string }> {
  const place = await mkdtemp(path.join(folder, "r-"));
  await git(place, "init", "--quiet", "--template=", "--initial-branch=start", ".");
  await git(place, "config", "receive.denyCurrentBranch", "ignore");
  await git(place, "commit", "--quiet", "--allow-empty", "-m", "the other one");
  const other = await git(place, "rev-parse", "HEAD");
  await git(place, "commit", "--quiet", "--allow-empty", "-m", `of ${branch}`);
  const sha = await git(place, "rev-parse", "HEAD");
  await git(place, "update-ref", `refs/heads/${branch}`, sha);
  await git(place, "update-ref", `refs/tags/${branch}`, other);
  await git(place, "update-ref", `refs/heads/${branch.toUpperCase()}x`, other);
  await git(place, "update-ref", `refs/heads/x/refs/heads/${branch}`, other);
  await git(place, "symbolic-ref", "HEAD", `refs/heads/${branch}`);
  return { place, sha };
}

test.each(["main", "release/1.x", "deadbeef", "0123456789".repeat(4), "HEADS", "tags/v1"])(
  "the branch %s is itself, whatever else has its name",
  async (branch) => {
    const { place, sha } = await ambiguous(branch);

    expect(await repositories.describe(place)).toMatchObject({ branch });
    const mirror = buildMirror({ folder: path.join(place, "mirror.git"), url: place, access });
    const ref = `refs/heads/${branch}`;
    expect((await mirror.refresh()).get(ref)).toBe(sha);
    expect((await mirror.readRefs([ref])).get(ref)).toBe(sha);
    const next = await mirror.objects.commit({
      tree: await mirror.objects.treeOf(sha),
      parents: [sha],
      message: "next",
      author: { name: "a", email: "a@b" },
      at: "2026-01-01T00:00:00Z",
    });
    expect(await mirror.swap([{ ref, from: sha, to: next }])).toBe("applied");
    const tar = await repositories.archive({ url: place, access, branch });
    expect(tar.length).toBeGreaterThan(0);
  },
  60_000,
);

test("a tag is not taken for a branch that is not there", async () => {
  const { place } = await ambiguous("main");
  await git(place, "tag", "next", "refs/heads/main");

  await expect(repositories.archive({ url: place, access, branch: "next" })).rejects.toThrow();
});
