import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Call,
  startTestForge,
  type TestForge,
} from "../../../test/forge-contract/test-forge.ts";
import { WorkTree } from "../../../test/forge-contract/work-tree.ts";

let forge: TestForge;
let dev: { token: string; call: Call };
let reviewer: { token: string; call: Call };
let tree: WorkTree;
const repo = "/repos/root/work";

beforeAll(async () => {
  forge = await startTestForge();
  dev = await forge.user("dev");
  reviewer = await forge.user("critic");
  await forge.admin("POST", "/user/repos", { name: "work", private: true });
  for (const login of ["dev", "critic"]) {
    await forge.admin("PUT", `${repo}/collaborators/${login}`, { permission: "write" });
  }
  tree = await WorkTree.create();
  await tree.commit("README.md", "hello\n");
  const { token } = await forge.user("seed");
  await forge.admin("PUT", `${repo}/collaborators/seed`, { permission: "write" });
  await tree.git("push", "-q", forge.remote("root/work", token), "main");
  await forge.admin("POST", `${repo}/branch_protections`, {
    rule_name: "main",
    enable_push: false,
    enable_merge_whitelist: true,
    merge_whitelist_usernames: ["dev"],
    enable_approvals_whitelist: true,
    approvals_whitelist_username: ["critic"],
    required_approvals: 1,
    enable_status_check: true,
    status_check_contexts: ["ci/*"],
    block_on_rejected_reviews: true,
    block_on_outdated_branch: true,
  });
});

afterAll(async () => {
  await forge.close();
  await tree.remove();
});

async function openPull(branch: string, file: string): Promise<{ number: number; sha: string }> {
  await tree.git("fetch", "-q", forge.remote("root/work", dev.token), "main");
  await tree.git("checkout", "-q", "-B", branch, "FETCH_HEAD");
  const sha = await tree.commit(file, `${branch}\n`);
  await tree.git("push", "-q", forge.remote("root/work", dev.token), branch);
  const pull = await dev.call("POST", `${repo}/pulls`, {
    title: branch,
    head: branch,
    base: "main",
  });
  expect(pull.status).toBe(201);
  return { number: Number(pull.body.number), sha };
}

test("one issue is merged end to end, and each rule of the protection stands in the way until it is met", async () => {
  const issue = await forge.admin("POST", `${repo}/issues`, { title: "make it", body: "please" });
  const { number, sha } = await openPull("fix/issue-1", "one.txt");
  await dev.call("PATCH", `${repo}/pulls/${number}`, { body: `Closes #${issue.body.number}` });
  const merge = async () =>
    await dev.call("POST", `${repo}/pulls/${number}/merge`, {
      Do: "fast-forward-only",
      head_commit_id: sha,
    });

  const reasons: string[] = [];
  const attempt = async () => reasons.push(String((await merge()).body.message));
  await attempt();
  await dev.call("POST", `${repo}/statuses/${sha}`, { state: "success", context: "ci/test" });
  await attempt();
  const own = await dev.call("POST", `${repo}/pulls/${number}/reviews`, { event: "APPROVED" });
  const rejection = { event: "REQUEST_CHANGES", body: "no" };
  await reviewer.call("POST", `${repo}/pulls/${number}/reviews`, rejection);
  await reviewer.call("POST", `${repo}/pulls/${number}/reviews`, { event: "APPROVED" });
  const byCritic = await reviewer.call("POST", `${repo}/pulls/${number}/merge`, { Do: "merge" });
  const merged = await merge();

  expect(reasons).toEqual([
    "not allowed to merge [reason: Not all required status checks successful]",
    "not allowed to merge [reason: Does not have enough approvals]",
  ]);
  expect(own).toMatchObject({
    status: 422,
    body: { message: "approve your own pull is not allowed" },
  });
  expect(byCritic).toMatchObject({
    status: 405,
    body: { message: "User not allowed to merge PR" },
  });
  expect(merged.status).toBe(200);
  const pull = await dev.call("GET", `${repo}/pulls/${number}`);
  expect(pull.body).toMatchObject({
    merged: true,
    state: "closed",
    merge_commit_sha: sha,
    merged_by: { login: "dev" },
    base: { sha },
  });
  const closed = await dev.call("GET", `${repo}/issues/${issue.body.number}`);
  expect(closed.body).toMatchObject({ state: "closed" });
});

test("force_merge passes over a protection that does not bind administrators, for them alone", async () => {
  const made = await forge.user("keeper");
  const keeper = made.call;
  await forge.admin("PUT", `${repo}/collaborators/keeper`, { permission: "admin" });
  const protect = (change: object) =>
    forge.admin("PATCH", `${repo}/branch_protections/main`, change);
  await protect({ merge_whitelist_usernames: ["dev", "keeper"], apply_to_admins: true });
  const { number, sha } = await openPull("fix/issue-30", "thirty.txt");
  const merge = (call: Call, force_merge: boolean) =>
    call("POST", `${repo}/pulls/${number}/merge`, {
      Do: "fast-forward-only",
      head_commit_id: sha,
      force_merge,
    });

  const bound = await merge(keeper, true);
  await protect({ apply_to_admins: false });
  const asked = [await merge(dev.call, true), await merge(keeper, false)];
  const forced = await merge(keeper, true);

  const red = { message: expect.stringContaining("Not all required status checks successful") };
  for (const answer of [bound, ...asked]) expect(answer).toMatchObject({ status: 405, body: red });
  expect(forced.status).toBe(200);
  await protect({ merge_whitelist_usernames: ["dev"] });
});

test("a restricted user finds no public repository but those that it was let into", async () => {
  await forge.admin("POST", "/user/repos", { name: "open", private: false });
  const free = await forge.user("free");
  const shut = await forge.user("shut");
  await forge.admin("PATCH", "/admin/users/shut", {
    login_name: "shut",
    source_id: 0,
    restricted: true,
  });
  const look = async (call: Call) => (await call("GET", "/repos/root/open")).status;
  const before = [await look(free.call), await look(shut.call)];
  await forge.admin("PUT", "/repos/root/open/collaborators/shut", { permission: "read" });

  expect([...before, await look(shut.call)]).toEqual([200, 404, 200]);
});

test("of two pull requests from one base the second is outdated, and a wrong head sha is refused", async () => {
  const first = await openPull("a", "a.txt");
  const second = await openPull("b", "b.txt");
  for (const { number, sha } of [first, second]) {
    await dev.call("POST", `${repo}/statuses/${sha}`, { state: "success", context: "ci/test" });
    await reviewer.call("POST", `${repo}/pulls/${number}/reviews`, { event: "APPROVED" });
  }
  const wrong = await dev.call("POST", `${repo}/pulls/${first.number}/merge`, {
    Do: "fast-forward-only",
    head_commit_id: second.sha,
  });
  await dev.call("POST", `${repo}/pulls/${first.number}/merge`, {
    Do: "fast-forward-only",
    head_commit_id: first.sha,
  });
  const late = await dev.call("POST", `${repo}/pulls/${second.number}/merge`, {
    Do: "fast-forward-only",
    head_commit_id: second.sha,
  });

  expect(wrong).toMatchObject({ status: 409, body: { message: "head out of date" } });
  expect(late).toMatchObject({
    status: 405,
    body: { message: "not allowed to merge [reason: The head branch is behind the base branch]" },
  });
});
