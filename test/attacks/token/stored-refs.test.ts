/**
 * One stolen token that may write code, without any harness: it tries to have something merged, or taken for green, that
 * nobody has looked at, by what it stores beside branches.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Call, startTestForge, type TestForge } from "../../forge-contract/test-forge.ts";
import { WorkTree } from "../../forge-contract/work-tree.ts";

let forge: TestForge;
let dev: { token: string; call: Call };
let reviewer: { token: string; call: Call };
let tree: WorkTree;
let remote: string;
let made = 0;
const repo = "/repos/root/stored";

beforeAll(async () => {
  forge = await startTestForge();
  dev = await forge.user("dev");
  reviewer = await forge.user("reviewer");
  await forge.admin("POST", "/user/repos", { name: "stored" });
  for (const login of ["dev", "reviewer"])
    await forge.admin("PUT", `${repo}/collaborators/${login}`, { permission: "write" });
  remote = forge.remote("root/stored", dev.token);
  tree = await WorkTree.create();
  await tree.commit("README.md", "hello\n");
  await tree.git("push", "-q", remote, "main");
  await forge.admin("POST", `${repo}/branch_protections`, {
    rule_name: "main",
    required_approvals: 1,
    enable_approvals_whitelist: true,
    approvals_whitelist_username: ["reviewer"],
    enable_merge_whitelist: true,
    merge_whitelist_usernames: ["dev"],
    protected_file_patterns: "deploy/**",
  });
});

afterAll(async () => {
  await forge.close();
  await tree.remove();
});

beforeEach(async () => {
  await tree.git("fetch", "-q", remote, "main");
  await tree.git("checkout", "-q", "-B", "work", "FETCH_HEAD");
});

async function openPull(file: string) {
  const head = `try-${++made}`;
  const sha = await tree.commit(file, "fine\n");
  await tree.git("push", "-q", remote, `HEAD:refs/heads/${head}`);
  const pull = await dev.call("POST", `${repo}/pulls`, { title: file, head, base: "main" });
  return { sha, number: Number(pull.body.number) };
}

async function approve(number: number, sha: string) {
  const review = { event: "APPROVED", commit_id: sha, body: "" };
  await reviewer.call("POST", `${repo}/pulls/${number}/reviews`, review);
}

function merge(number: number, sha: string, style = "fast-forward-only") {
  const body = { Do: style, head_commit_id: sha };
  return dev.call("POST", `${repo}/pulls/${number}/merge`, body);
}

async function isOnMain(file: string): Promise<boolean> {
  await tree.git("fetch", "-q", remote, "refs/heads/main");
  return (await tree.git("ls-tree", "-r", "--name-only", "FETCH_HEAD", "--", file)) !== "";
}

async function refusalOf(...args: string[]): Promise<string> {
  const { exitCode, stderr } = await tree.attempt("push", ...args);
  expect(exitCode).not.toBe(0);
  return stderr;
}

test("a replacement of an approved commit cannot be pushed", async () => {
  const { sha } = await openPull("fine.txt");
  const evil = await tree.commit("deploy/evil.sh", "evil\n");

  expect(await refusalOf(remote, `${evil}:refs/replace/${sha}`)).toContain("kept by the forge");
});

test.each(["fast-forward-only", "merge", "squash", "rebase"])(
  "a replacement that an older forge took merges nothing that was not reviewed: %s",
  async (style) => {
    const { sha, number } = await openPull(`reviewed-${style}.txt`);
    const evil = await tree.commit(`deploy/evil-${style}.sh`, "evil\n");
    await tree.git("push", "-q", remote, `${evil}:refs/heads/aside-${style}`);
    const stored = `${forge.folder}/repositories/1.git`;
    await tree.git("--git-dir", stored, "update-ref", `refs/replace/${sha}`, evil);
    await approve(number, sha);

    expect((await merge(number, sha, style)).status).toBe(200);

    expect(await isOnMain(`reviewed-${style}.txt`)).toBe(true);
    expect(await isOnMain(`deploy/evil-${style}.sh`)).toBe(false);
  },
);

test.each([
  "refs/replace/x",
  "refs/notes/commits",
  "refs/stash",
  "refs/remotes/origin/main",
  "refs/pull/1/head",
  "refs/for/main/topic",
  "refs/changes/01/1/1",
])("%s cannot be pushed", async (ref) => {
  expect(await refusalOf("--force", remote, `HEAD:${ref}`)).toContain("kept by the forge");
});

test.each(["HEAD", "refs/heads/main", "heads/main", "tags/v1", `${"0123456789".repeat(4)}`])(
  "no branch is named %s",
  async (name) => {
    expect(await refusalOf(remote, `HEAD:refs/heads/${name}`)).toContain(
      "taken for something else",
    );
  },
);

test("a tag does not take the name of the default branch, other tags and branches go on", async () => {
  expect(await refusalOf(remote, "HEAD:refs/tags/main")).toContain("taken for the branch main");

  await tree.git("push", "-q", remote, "HEAD:refs/tags/v1", "HEAD:refs/disinto/claims/1");
  await tree.git("push", "-q", remote, "HEAD:refs/heads/feed", "HEAD:refs/heads/fix/issue-1");
  await tree.git("push", "-q", remote, "--delete", "refs/disinto/claims/1");
});

test("a branch that is named like a commit lends it no status, whoever stored it", async () => {
  const { sha } = await openPull("red.txt");
  const green = await tree.commit("green.txt", "x\n");
  await tree.git("push", "-q", remote, "HEAD:refs/heads/green");
  await dev.call("POST", `${repo}/statuses/${green}`, { context: "ci", state: "success" });
  const stored = `${forge.folder}/repositories/1.git`;
  await tree.git("--git-dir", stored, "update-ref", `refs/heads/${sha}`, green);

  expect((await dev.call("GET", `${repo}/commits/${sha}/status`)).body.statuses).toBeNull();
  expect((await dev.call("GET", `${repo}/commits/${sha}/statuses`)).body).toEqual([]);
});
