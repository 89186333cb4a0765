import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Call,
  startTestForge,
  type TestForge,
} from "../../../test/forge-contract/test-forge.ts";
import { WorkTree } from "../../../test/forge-contract/work-tree.ts";

let forge: TestForge;
let dev: { token: string; call: Call };
let critic: { token: string; call: Call };
let tree: WorkTree;
let remote: string;
const repo = "/repos/root/reviewed";

beforeAll(async () => {
  forge = await startTestForge();
  dev = await forge.user("dev");
  critic = await forge.user("critic");
  await forge.admin("POST", "/user/repos", { name: "reviewed" });
  for (const login of ["dev", "critic"]) {
    await forge.admin("PUT", `${repo}/collaborators/${login}`, { permission: "write" });
  }
  remote = forge.remote("root/reviewed", dev.token);
  tree = await WorkTree.create();
  await tree.commit("README.md", "one\ntwo\nthree\n");
  await tree.git("push", "-q", remote, "main");
});

afterAll(async () => {
  await forge.close();
  await tree.remove();
});

async function pullFrom(branch: string, file: string): Promise<string> {
  await tree.git("fetch", "-q", remote, "main");
  await tree.git("checkout", "-q", "-B", branch, "FETCH_HEAD");
  await tree.commit(file, `${branch}\n`);
  await tree.git("push", "-q", remote, branch);
  const pull = await dev.call("POST", `${repo}/pulls`, {
    title: branch,
    head: branch,
    base: "main",
  });
  return `${repo}/pulls/${pull.body.number}`;
}

async function reviewOf(pull: string) {
  const reviews = await dev.call("GET", `${pull}/reviews`);
  return reviews.body[0];
}

test("an approval survives a rebase that changes no content, and becomes stale by one that does", async () => {
  const pull = await pullFrom("topic", "topic.txt");
  await critic.call("POST", `${pull}/reviews`, { event: "APPROVED" });
  const other = await pullFrom("other", "other.txt");
  await dev.call("POST", `${other}/merge`, { Do: "merge" });
  await tree.git("fetch", "-q", remote, "main");
  await tree.git("checkout", "-q", "topic");
  await tree.git("rebase", "-q", "FETCH_HEAD");
  await tree.git("push", "-q", "--force", remote, "topic");
  expect(await reviewOf(pull)).toMatchObject({ stale: false, official: true, dismissed: false });

  await tree.commit("topic.txt", "something else\n");
  await tree.git("push", "-q", remote, "topic");
  expect(await reviewOf(pull)).toMatchObject({ stale: true, official: true, dismissed: false });
});

test("where stale approvals are dismissed a new commit takes the approval away", async () => {
  const pull = await pullFrom("strict", "strict.txt");
  await forge.admin("POST", `${repo}/branch_protections`, {
    rule_name: "main",
    enable_push: true,
    required_approvals: 1,
    dismiss_stale_approvals: true,
  });
  await critic.call("POST", `${pull}/reviews`, { event: "APPROVED" });
  await tree.commit("strict.txt", "more\n");
  await tree.git("push", "-q", remote, "strict");

  expect(await reviewOf(pull)).toMatchObject({ stale: true, dismissed: true });
  expect((await dev.call("POST", `${pull}/merge`, { Do: "squash" })).status).toBe(405);
  await forge.admin("DELETE", `${repo}/branch_protections/main`);
});

test("only the repository's administrators dismiss a review", async () => {
  const pull = await pullFrom("dismissed", "dismissed.txt");
  const review = await critic.call("POST", `${pull}/reviews`, {
    event: "REQUEST_CHANGES",
    body: "no",
  });
  const path = `${pull}/reviews/${review.body.id}`;

  expect((await dev.call("POST", `${path}/dismissals`, { message: "x" })).status).toBe(403);
  const dismissed = await forge.admin("POST", `${path}/dismissals`, { message: "x" });

  expect(dismissed.body.dismissed).toBe(true);
});

test("comments on lines belong to their review and carry the hunk", async () => {
  await tree.git("fetch", "-q", remote, "main");
  await tree.git("checkout", "-q", "-B", "lines", "FETCH_HEAD");
  await tree.commit("README.md", "one\nzwei\nthree\n");
  await tree.git("push", "-q", remote, "lines");
  const made = await dev.call("POST", `${repo}/pulls`, { title: "l", head: "lines", base: "main" });
  const pull = `${repo}/pulls/${made.body.number}`;

  const review = await critic.call("POST", `${pull}/reviews`, {
    event: "COMMENT",
    comments: [{ path: "README.md", body: "why German?", new_position: 2 }],
  });
  const comments = await dev.call("GET", `${pull}/reviews/${review.body.id}/comments`);

  expect(review.body).toMatchObject({ state: "COMMENT", comments_count: 1, official: false });
  expect(comments.body).toMatchObject([
    { body: "why German?", path: "README.md", position: 2, original_position: 0 },
  ]);
  expect(comments.body[0]?.diff_hunk).toContain("+zwei");
  expect((await dev.call("GET", pull)).body).toMatchObject({ review_comments: 1 });
});

test("a conflict with the base is told, and nothing is merged", async () => {
  const conflicting = await pullFrom("by-nothing", "base.txt");
  const base = await pullFrom("base", "base.txt");
  await dev.call("POST", `${base}/merge`, { Do: "rebase", delete_branch_after_merge: true });

  expect((await dev.call("GET", conflicting)).body).toMatchObject({ mergeable: false });
  expect((await dev.call("POST", `${conflicting}/merge`, { Do: "merge" })).status).toBe(405);
  expect((await dev.call("GET", `${repo}/branches/base`)).status).toBe(404);
});

test("every merge style leaves the history it promises", async () => {
  const parents = async (style: string) => {
    const pull = await pullFrom(`style-${style}`, `${style}.txt`);
    const before = await tree.git("rev-parse", "FETCH_HEAD");
    const head = await tree.git("rev-parse", "HEAD");
    const merge = await dev.call("POST", `${pull}/merge`, { Do: style });
    expect([style, merge.status]).toEqual([style, 200]);
    await tree.git("fetch", "-q", remote, "main");
    const line = await tree.git("log", "-1", "--format=%P", "FETCH_HEAD");
    return line.replace(before, "base").replace(head, "head");
  };

  expect(await parents("merge")).toBe("base head");
  expect(await parents("squash")).toBe("base");
  expect(await parents("rebase")).toBe("base");
  expect(await parents("rebase-merge")).toBe("base head");
  expect(await parents("fast-forward-only")).toBe("base");
});

test("the files of a pull request tell what git knows", async () => {
  await tree.git("fetch", "-q", remote, "main");
  await tree.git("checkout", "-q", "-B", "told", "FETCH_HEAD");
  await tree.commit("fresh.txt", "a\nb\n");
  await tree.git("mv", "README.md", "READ ME.md");
  await tree.git("commit", "-q", "-m", "rename");
  await tree.git("push", "-q", remote, "told");
  const made = await dev.call("POST", `${repo}/pulls`, { title: "t", head: "told", base: "main" });
  const pull = `${repo}/pulls/${made.body.number}`;

  const files = await dev.call("GET", `${pull}/files`);

  expect(files.body).toMatchObject([
    { filename: "READ ME.md", previous_filename: "README.md", status: "renamed", changes: 0 },
    { filename: "fresh.txt", status: "added", additions: 2, deletions: 0 },
  ]);
  expect(made.body).toMatchObject({ changed_files: 2, additions: 2, mergeable: true });
});

test("a second pull request from the same branch is refused, and a deleted branch closes its own", async () => {
  const pull = await pullFrom("once", "once.txt");
  const again = await dev.call("POST", `${repo}/pulls`, { title: "x", head: "once", base: "main" });
  await tree.git("push", "-q", remote, "--delete", "once");

  expect(again.status).toBe(409);
  expect((await dev.call("GET", pull)).body).toMatchObject({
    state: "closed",
    merged: false,
    head: { ref: expect.stringMatching(/^refs\/pull\/\d+\/head$/) },
  });
});

test("a pending review is seen by its author alone, and does not count", async () => {
  const pull = await pullFrom("pending", "pending.txt");
  const pending = await critic.call("POST", `${pull}/reviews`, { body: "not yet" });

  expect(pending.body).toMatchObject({ state: "PENDING", official: false });
  expect((await dev.call("GET", `${pull}/reviews`)).body).toEqual([]);
  const own = await critic.call("GET", `${pull}/reviews`);
  expect(own.body).toMatchObject([{ id: pending.body.id, state: "PENDING" }]);
});
