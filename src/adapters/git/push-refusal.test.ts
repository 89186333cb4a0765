import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { run } from "../process.ts";
import { git } from "./commands.ts";
import { localGitEnvironment } from "./environment.ts";
import { findRefusal } from "./push-refusal.ts";

test.each([
  [
    "! [remote rejected] a -> b (pre-receive hook declined)",
    "remote: Protected branch  ",
    "Protected branch",
  ],
  ["! [remote rejected] a -> b (quota exceeded)", "remote: error: too large", "error: too large"],
  ["", "error: RPC failed; HTTP 413\nfatal: the requested URL returned error: 413", /413/],
  ["", "fatal: unable to access 'http://f/': The requested URL returned error: 403", /403/],
] as const)("%s %s is a refusal, in the words of who said no", (stdout, stderr, words) => {
  expect(findRefusal({ stdout, stderr })).toMatch(words);
});

test.each([
  ["", "fatal: unable to access 'http://f/': Failed to connect to f port 3000"],
  ["", "fatal: unable to access 'http://f/': The requested URL returned error: 502"],
  ["", "fatal: unable to access 'http://f/': The requested URL returned error: 429"],
  ["! [rejected] a -> b (stale info)", "error: failed to push some refs"],
  [
    "! [remote rejected] a -> b (atomic transaction failed)",
    "remote: error: cannot lock ref 'x': is at 1 but expected 2",
  ],
  ["! [remote rejected] a -> b (failed)", "remote: error: Unable to create 'x.lock': File exists."],
])("%s %s is silence or a lost race", (stdout, stderr) => {
  expect(findRefusal({ stdout, stderr })).toBeUndefined();
});

test("real git: a branch in the way is a refusal that names it, and a lost race is none", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-refusal-"));
  const who = {
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a",
  };
  const options = { cwd: folder, env: localGitEnvironment(who) };
  const ask = async (...args: string[]) => (await run(["git", ...args], options)).stdout.trim();
  await ask("init", "--quiet", "--bare", "there.git");
  await ask("init", "--quiet", ".");
  await ask("commit", "--quiet", "--allow-empty", "-m", "one");
  const sha = await ask("rev-parse", "HEAD");
  await ask("push", "--quiet", "./there.git", "HEAD:refs/heads/fix");
  const push = (ref: string, from: string | undefined) =>
    run(git.push(path.join(folder, "there.git"), [{ ref, from, to: sha }]), options);

  expect(findRefusal(await push("refs/heads/fix/issue-3", undefined))).toMatch(
    /'refs\/heads\/fix' exists; cannot create 'refs\/heads\/fix\/issue-3'/,
  );
  expect(findRefusal(await push("refs/heads/other", "1".repeat(40)))).toBeUndefined();
  await rm(folder, { recursive: true });
});
