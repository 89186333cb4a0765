import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { toSwapError } from "../../bot/leases/swap.ts";
import { run } from "../process.ts";
import { git } from "./commands.ts";
import { localGitEnvironment } from "./environment.ts";
import { buildMirror } from "./mirror.ts";
import { findRefusal, isServerError } from "./push-refusal.ts";

/** As Forgejo 15.0.3 answered with `[quota] ENABLED` and a total that was used up, to branches and leases alike. */
const quota = [
  "!\tHEAD:refs/heads/fix/issue-1\t[remote rejected] (pre-receive hook declined)\nDone\n",
  "remote: \nremote: Forgejo: Quota exceeded        \nremote: \nerror: failed to push some refs to 'http://f/'\n",
  /^Forgejo: Quota exceeded$/,
] as const;

test.each([
  quota,
  [
    "! [remote rejected] a -> b (pre-receive hook declined)",
    "remote: Protected branch  ",
    "Protected branch",
  ],
  ["! [remote rejected] a -> b (quota exceeded)", "remote: error: too large", "error: too large"],
  ["", "error: RPC failed; HTTP 413\nfatal: the requested URL returned error: 413", /413/],
  ["", "fatal: unable to access 'http://f/': The requested URL returned error: 403", /403/],
  ["", "error: RPC failed; HTTP 507\nfatal: the requested URL returned error: 507", /507/],
  ["", "error: RPC failed; HTTP 500\nfatal: the requested URL returned error: 500", /500/],
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

test("only a 500 may be trouble of the server's own", () => {
  const told = [500, 403, 413, 507].map((status) =>
    isServerError({ stderr: `fatal: the requested URL returned error: ${status}` }),
  );

  expect(told).toEqual([true, false, false, false]);
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

test.each([
  [403, false],
  [413, false],
  [507, false],
  [500, true],
])("real git: a proxy or a forge that answers %i says no", async (status, isOwn) => {
  const server = createServer((_, answer) => answer.writeHead(status).end("no")).listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const folder = await mkdtemp(path.join(tmpdir(), "disinto-refusal-"));
  const mirror = buildMirror({
    folder: path.join(folder, "mirror.git"),
    url: `http://127.0.0.1:${port}/ada/shop.git`,
    access: { forgeUrl: `http://127.0.0.1:${port}`, login: "ada", token: "t" },
  });
  const to = await mirror.objects.note("a lease");

  const answer = await mirror.swap([{ ref: "refs/disinto/x", from: undefined, to }]);

  expect(answer).toMatchObject({ refused: expect.stringContaining(String(status)) });
  const error = toSwapError("refs/disinto/x", answer);
  expect(error.code).toBe(isOwn ? "forge.failed" : "push.refused");
  server.close();
  await rm(folder, { recursive: true });
});
