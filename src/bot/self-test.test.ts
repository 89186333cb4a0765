import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localGitEnvironment } from "../adapters/git/environment.ts";
import { buildMirror } from "../adapters/git/mirror.ts";
import { runOrThrow } from "../adapters/process.ts";
import { systemClock } from "../adapters/system-clock.ts";
import type { Mirror } from "../ports/git.ts";
import { type SelfTestTools, verifyBot } from "./self-test.ts";

let root: string;
let remote: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-proof-"));
  remote = path.join(root, "remote.git");
  await git("init", "--quiet", "--bare", "--initial-branch=main", remote);
  const mirror = await openMirror("seed");
  const commit = await mirror.objects.note("the first commit\n");
  await mirror.swap([{ ref: "refs/heads/main", from: undefined, to: commit }]);
});

afterEach(() => rm(root, { recursive: true, force: true }));

function git(...args: string[]): Promise<string> {
  return runOrThrow(["git", ...args], { env: localGitEnvironment() });
}

async function openMirror(name: string): Promise<Mirror> {
  const access = { forgeUrl: "http://127.0.0.1:1", login: "nobody", token: "none" };
  const mirror = buildMirror({ folder: path.join(root, name), url: remote, access });
  await mirror.refresh();
  return mirror;
}

/** What the server lets through: a shell condition on `$1`, the ref. */
async function allowOnly(condition: string): Promise<void> {
  const hook = path.join(remote, "hooks", "update");
  await writeFile(hook, `#!/bin/sh\necho "$1" >> "$GIT_DIR/asked"\n${condition}\n`);
  await chmod(hook, 0o755);
}

function tools(login = "ada"): SelfTestTools {
  return {
    clock: systemClock,
    forge: async () => ({ whoami: async () => login }),
    scratchMirror: async () => ({ mirror: await openMirror("bot"), discard: async () => {} }),
  };
}

const candidate = {
  bot: { name: "ada", forgeUser: "ada" },
  token: "t",
  forgeUrl: "http://127.0.0.1:1",
  factoryRepo: { owner: "root", name: "factory" },
  projects: [{ repo: { owner: "acme", name: "shop" }, primaryBranch: "main" }],
};

async function refs(): Promise<readonly string[]> {
  return (await git("-C", remote, "for-each-ref", "--format=%(refname)")).trim().split("\n");
}

test("a bot that may do what it must and no more has proved itself, and leaves nothing behind", async () => {
  await allowOnly('test "$1" != refs/heads/main');

  expect(await verifyBot(tools(), candidate)).toEqual([]);

  expect(await refs()).toEqual(["refs/heads/main"]);
  const asked = await readFile(path.join(remote, "asked"), "utf8");
  expect([...new Set(asked.trim().split("\n"))]).toEqual([
    "refs/disinto/claims/self-test-ada",
    "refs/heads/fix/self-test-ada",
    "refs/heads/main",
  ]);
});

test("a forge that takes a push to the primary branch is found out, and the push is taken back", async () => {
  const before = await git("-C", remote, "rev-parse", "main");

  await expect(verifyBot(tools(), candidate)).rejects.toMatchObject({
    message: "the forge allowed ada to push to main in acme/shop",
  });

  expect(await git("-C", remote, "rev-parse", "main")).toBe(before);
});

test.each([
  ["take a lease", "case $1 in refs/disinto/*) exit 1;; esac"],
  ["push to refs/heads/fix/self-test-ada", "case $1 in refs/heads/*) exit 1;; esac"],
])("a bot that cannot %s is told so", async (what, condition) => {
  await allowOnly(condition);

  await expect(verifyBot(tools(), candidate)).rejects.toMatchObject({
    code: "forge.forbidden",
    message: `ada could not ${what} in acme/shop`,
  });
});

test("a token of somebody else proves nothing", async () => {
  await expect(verifyBot(tools("bob"), candidate)).rejects.toMatchObject({
    code: "credentials.wrong",
    message: "the token of ada belongs to bob",
  });
});

test("what a killed proof left on the forge is tidied by the next one", async () => {
  const mirror = await openMirror("killed");
  const head = (await mirror.readRefs(["refs/heads/main"])).get("refs/heads/main");
  const lease = await mirror.objects.note('{"holder":"ada","nonce":"1","at":"","counters":{}}\n');
  await mirror.swap([
    { ref: "refs/disinto/claims/self-test-ada", from: undefined, to: lease },
    { ref: "refs/heads/fix/self-test-ada", from: undefined, to: head },
  ]);
  await allowOnly('test "$1" != refs/heads/main');

  await verifyBot(tools(), candidate);

  expect(await refs()).toEqual(["refs/heads/main"]);
});

test("a repository without a primary branch is named: there no push could be tried", async () => {
  await git("-C", remote, "update-ref", "-d", "refs/heads/main");

  expect(await verifyBot(tools(), candidate)).toEqual([{ owner: "acme", name: "shop" }]);
});
