import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Call,
  startTestForge,
  type TestForge,
} from "../../../test/forge-contract/test-forge.ts";
import { WorkTree } from "../../../test/forge-contract/work-tree.ts";

let forge: TestForge;
let dev: { token: string; call: Call };
let reader: { token: string; call: Call };
let stranger: { token: string; call: Call };
let tree: WorkTree;
let remote: string;
const repo = "/repos/root/code";

beforeAll(async () => {
  forge = await startTestForge();
  dev = await forge.user("dev");
  reader = await forge.user("reader");
  stranger = await forge.user("stranger");
  await forge.admin("POST", "/user/repos", { name: "code", private: true });
  await forge.admin("PUT", `${repo}/collaborators/dev`, { permission: "write" });
  await forge.admin("PUT", `${repo}/collaborators/reader`, { permission: "read" });
  remote = forge.remote("root/code", dev.token);
  tree = await WorkTree.create();
  await tree.commit("README.md", "hello\n");
  await tree.git("push", "-q", remote, "main");
  await forge.admin("POST", `${repo}/branch_protections`, { rule_name: "main" });
  await forge.admin("POST", `${repo}/branch_protections`, {
    rule_name: "release/*",
    enable_push: true,
    protected_file_patterns: "secrets/**;*.lock",
  });
});

afterAll(async () => {
  await forge.close();
  await tree.remove();
});

beforeEach(async () => {
  await tree.git("checkout", "-q", "main");
});

async function refusal(...args: string[]): Promise<string> {
  const { exitCode, stderr } = await tree.attempt("push", ...args);
  expect(exitCode).not.toBe(0);
  return /remote: Forgejo: (.*)/.exec(stderr)?.[1]?.trim() ?? stderr;
}

test("nobody pushes to a branch whose protection has no push, neither forward, by force, nor by deleting", async () => {
  await tree.git("checkout", "-q", "-B", "try");
  await tree.commit("new.txt", "x\n");

  expect(await refusal(remote, "try:main")).toBe("Not allowed to push to protected branch main");
  expect(await refusal(remote, "--delete", "main")).toContain("branch main is ");
  await tree.git("commit", "-q", "--amend", "-m", "other");
  await tree.git("push", "-q", remote, "try:free");
  await tree.git("commit", "-q", "--amend", "-m", "again");
  await tree.git("push", "-q", "--force", remote, "try:free");
});

test("an atomic push of a lease and a protected branch fails as a whole", async () => {
  await tree.git("checkout", "-q", "-B", "work");
  await tree.commit("work.txt", "x\n");

  await refusal("--atomic", remote, "work:refs/disinto/claims/1", "work:main");

  expect(await tree.git("ls-remote", remote, "refs/disinto/*")).toBe("");
});

test("a pattern protects branches that do not exist yet, but only from the listed files and from force", async () => {
  await tree.git("checkout", "-q", "-B", "rel");
  await tree.commit("fine.txt", "x\n");
  await tree.git("push", "-q", remote, "rel:release/1");
  await tree.commit("Secrets/a/key", "x\n");

  expect(await refusal(remote, "rel:release/1")).toBe(
    "branch release/1 is protected from changing file secrets/a/key",
  );
  expect(await refusal("--force", remote, "main:release/1")).toBe(
    "branch release/1 is protected from force push",
  );
});

test.each(['secrets/it\'s "quoted"', "secrets/two\nlines", "secrets/tab\tname"])(
  "a protected folder has no name that git quotes to slip through: %j",
  async (name) => {
    await tree.git("checkout", "-q", "-B", "slip");
    await tree.commit(name, "x\n");

    expect(await refusal(remote, "slip:release/2")).toContain("is protected from changing file");
  },
);

test("the forge's own refs cannot be pushed", async () => {
  expect(await refusal(remote, "main:refs/pull/1/head")).toContain("kept by the forge");
});

test("a reader may clone and not push, a stranger finds nothing, nobody is asked who he is", async () => {
  const clone = (token: string) => forge.remote("root/code", token);
  expect((await tree.attempt("ls-remote", clone(reader.token))).exitCode).toBe(0);
  expect(await refusal(clone(reader.token), "main:other")).toBe(
    "User permission denied for writing.",
  );
  const strange = await tree.attempt("ls-remote", clone(stranger.token));
  expect(strange.stderr).toContain("not found");
  const response = await fetch(`${forge.url}/root/code.git/info/refs?service=git-upload-pack`);
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toMatch(/^Basic realm=/);
});

test("a token without write:repository cannot push, a revoked one not even read", async () => {
  const { token, call } = await forge.user("weak", ["read:repository", "write:user"]);
  await forge.admin("PUT", `${repo}/collaborators/weak`, { permission: "write" });
  const weak = forge.remote("root/code", token);
  expect((await tree.attempt("ls-remote", weak)).exitCode).toBe(0);
  expect((await tree.attempt("push", weak, "main:weak")).stderr).toContain("403");

  const password = forge.as(`Basic ${Buffer.from("weak:weak-password").toString("base64")}`);
  expect((await password("DELETE", "/users/weak/tokens/bot")).status).toBe(204);

  expect((await tree.attempt("ls-remote", weak)).exitCode).not.toBe(0);
  expect((await call("GET", "/user")).status).toBe(401);
});

test("of eight takers of one lease exactly one wins", async () => {
  const empty = await tree.git("hash-object", "-t", "tree", "-w", "/dev/null");
  const commits = await Promise.all(
    Array.from({ length: 8 }, (_, taker) => tree.git("commit-tree", empty, "-m", `taker ${taker}`)),
  );
  const ref = "refs/disinto/claims/7";

  const pushes = await Promise.all(
    commits.map((commit) =>
      tree.attempt("push", "-q", `--force-with-lease=${ref}:`, remote, `${commit}:${ref}`),
    ),
  );

  const winners = commits.filter((_, taker) => pushes[taker]?.exitCode === 0);
  expect(winners).toHaveLength(1);
  expect(await tree.git("ls-remote", remote, ref)).toContain(winners[0]);
});

test("a large push arrives whole, chunked and by gzip", async () => {
  await tree.git("checkout", "-q", "-B", "large");
  const { randomBytes } = await import("node:crypto");
  const sha = await tree.commit("large.bin", randomBytes(4_000_000).toString("base64"));

  await tree.git("-c", "http.postBuffer=65536", "push", "-q", remote, "large");

  const branch = await dev.call("GET", `${repo}/branches/large`);
  expect(branch.body).toMatchObject({ name: "large", commit: { id: sha }, user_can_push: true });
});

test("who may not push to a protected branch still pushes files that its rule leaves open, and no other", async () => {
  await forge.admin("POST", `${repo}/branch_protections`, {
    rule_name: "site",
    unprotected_file_patterns: "docs/**",
  });
  await tree.git("checkout", "-q", "-B", "site-work");
  await tree.commit("docs/a/page.md", "x\n");
  const open = await tree.attempt("push", remote, "site-work:site");
  const [, fromNothing = ""] = /Forgejo: (.*)/.exec(open.stderr) ?? [];

  expect(fromNothing.trim()).toBe("Not allowed to push to protected branch site");
  await forge.admin("DELETE", `${repo}/branch_protections/site`);
  await tree.git("push", "-q", remote, "main:site");
  await forge.admin("POST", `${repo}/branch_protections`, {
    rule_name: "site",
    unprotected_file_patterns: "docs/**",
  });
  await tree.git("push", "-q", remote, "site-work:site");
  await tree.commit("other.txt", "x\n");
  expect(await refusal(remote, "site-work:site")).toBe(
    "Not allowed to push to protected branch site",
  );
});
