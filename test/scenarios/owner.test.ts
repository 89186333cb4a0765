/** The person who owns the factory: an account, git's way to the forge, and commits that go both ways. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { run, runOrThrow, toolEnvironment } from "../../src/adapters/process.ts";
import { loadEnvironment } from "../../src/config/load.ts";
import { type Ended, runCli, startCli } from "../support/cli.ts";
import { until } from "../support/test-factory.ts";

const demo = path.join(import.meta.dirname, "../support/greeter");
const project = "/repos/disinto-admin/shop";

let root: string;
let folder: string;
let repository: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-owner-"));
  folder = path.join(root, "factory");
  repository = path.join(root, "shop");
  await mkdir(folder);
  await cp(demo, repository, { recursive: true });
  await repositories.init(repository);
  await done(disinto("init", repository, "--engine", "local", "--owner", "ada", "--yes"));
});

afterAll(async () => {
  await runCli(folder, ["down"]);
  await rm(root, { recursive: true, force: true });
});

function disinto(...args: readonly string[]): Promise<Ended> {
  return runCli(folder, args);
}

async function done(ended: Promise<Ended>): Promise<Ended> {
  const one = await ended;
  expect(one.exitCode, one.stderr).toBe(0);
  return one;
}

/** As a person runs it, with nothing of this machine's configuration. */
const env = () =>
  toolEnvironment({
    HOME: root,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "ada",
    GIT_AUTHOR_EMAIL: "ada@x.invalid",
    GIT_COMMITTER_NAME: "ada",
    GIT_COMMITTER_EMAIL: "ada@x.invalid",
  });

const git = (...args: readonly string[]) =>
  runOrThrow(["git", "-C", repository, ...args], { env: env() });

async function commit(file: string, text: string): Promise<string> {
  await mkdir(path.dirname(path.join(repository, file)), { recursive: true });
  await writeFile(path.join(repository, file), text);
  await git("add", "--all");
  await git("commit", "--quiet", "-m", `Change ${file}`);
  return (await git("rev-parse", "HEAD")).trim();
}

async function ask(route: string, method = "GET", body?: object) {
  const environment = await loadEnvironment(folder);
  const pair = `disinto-admin:${environment.get("FORGE_ADMIN_PASS")}`;
  const url = `http://127.0.0.1:${environment.get("DISINTO_FORGE_PORT") ?? "3000"}`;
  const answer = await fetch(`${url}/api/v1${route}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(pair).toString("base64")}`,
      "content-type": "application/json",
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return text === "" ? undefined : JSON.parse(text);
}

const rules = () => ask(`${project}/branch_protections/main`);
const headOf = async () => (await ask(`${project}/branches/main`)).commit.id;

test("the owner has an account, may write code, and pushes to the primary branch, which no bot may", async () => {
  const { permission } = await ask(`${project}/collaborators/ada/permission`);
  const { push_whitelist_usernames: pushers, enable_push } = await rules();

  expect(permission).toBe("write");
  expect(enable_push).toBe(true);
  expect([...pushers].sort()).toEqual(["ada", "disinto-admin"]);
  expect((await done(disinto("init"))).stderr).toContain("nothing to do");
});

test("somebody who gets admin access may push from the next init on; a bot or CI with it may not", async () => {
  const person = { username: "grace", email: "g@x.invalid", password: "long enough 1" };
  await ask("/admin/users", "POST", person);
  await ask(`${project}/collaborators/grace`, "PUT", { permission: "admin" });
  await ask(`${project}/collaborators/dev-qwen`, "PUT", { permission: "admin" });

  const { stderr } = await done(disinto("init"));

  expect(stderr).toContain("+ protection of main in disinto-admin/shop   the rules differ");
  const { push_whitelist_usernames: pushers } = await rules();
  expect([...pushers].sort()).toEqual(["ada", "disinto-admin", "grace"]);
});

test("git push works by the remote and helper that init wrote, for that address alone", async () => {
  const sha = await commit("notes.md", "by hand\n");

  await git("push", "--quiet", "disinto", "main");

  expect(await headOf()).toBe(sha);
  const url = (await git("remote", "get-url", "disinto")).trim();
  const elsewhere = ["git", "-C", repository, "credential", "fill"] as const;
  const { host } = new URL(url);
  const input = `protocol=http\nhost=${host.replace(/:.*/, ":1")}\npath=disinto-admin/shop.git\n\n`;
  expect((await run(elsewhere, { env: env(), input })).stdout).not.toContain("password=");
});

test("an issue that is filed by the command line is the owner's", async () => {
  await done(disinto("issue", "new", "Say farewell", "--body", "With a test", "--priority"));

  const [issue] = await ask(`${project}/issues?type=issues`);
  expect(issue).toMatchObject({ title: "Say farewell", user: { login: "ada" } });
  expect(issue.labels.map(({ name }: { name: string }) => name).sort()).toEqual([
    "backlog",
    "priority",
  ]);
});

test("sync push brings protected paths too, and the rules are as before; sync pull brings merged work back", async () => {
  const before = await rules();
  const sha = await commit(".woodpecker/more.yml", "steps: []\n");
  const refused = await run(["git", "-C", repository, "push", "disinto", "main"], { env: env() });

  const { stderr } = await done(disinto("sync", "push"));

  expect(refused.exitCode).not.toBe(0);
  expect(stderr).toContain("protected paths of main: .woodpecker/** lifted for this push");
  expect(await headOf()).toBe(sha);
  expect({ ...(await rules()), updated_at: "" }).toEqual({ ...before, updated_at: "" });
  expect((await done(disinto("sync", "push"))).stderr).toContain("nothing to do");

  const url = (await git("remote", "get-url", "disinto")).trim();
  const merged = await commit("merged.md", "merged\n");
  await git("push", "--quiet", url, "main");
  await git("reset", "--quiet", "--hard", "HEAD^");
  await writeFile(path.join(repository, "mine.md"), "not committed\n");
  await done(disinto("sync", "pull"));

  expect((await git("rev-parse", "HEAD")).trim()).toBe(merged);
  expect(await readFile(path.join(repository, "merged.md"), "utf8")).toBe("merged\n");
  expect(await git("status", "--porcelain")).toBe("?? mine.md\n");
  await rm(path.join(repository, "mine.md"));
});

test("what went apart is neither pushed nor pulled, and a change that is not committed is not lost", async () => {
  const url = (await git("remote", "get-url", "disinto")).trim();
  const theirs = await commit("theirs.md", "1\n");
  await git("push", "--quiet", url, "main");
  await git("reset", "--quiet", "--hard", "HEAD^");
  await writeFile(path.join(repository, "theirs.md"), "mine, not committed\n");

  const lossy = await disinto("sync", "pull");
  expect(lossy.exitCode).toBe(1);
  expect(lossy.stderr).toContain("the files in");
  expect(await readFile(path.join(repository, "theirs.md"), "utf8")).toBe("mine, not committed\n");
  await rm(path.join(repository, "theirs.md"));
  const mine = await commit("mine.md", "2\n");
  for (const way of ["push", "pull"]) {
    const apart = await disinto("sync", way);
    expect(apart.exitCode).toBe(1);
    expect(apart.stderr).toContain("each have commits that the other has not");
  }

  expect(await headOf()).toBe(theirs);
  expect((await git("rev-parse", "HEAD")).trim()).toBe(mine);
  await git("rebase", "--quiet", theirs);
});

test("a push that is killed while the rules are lifted leaves them restored", async () => {
  const before = await rules();
  await commit(".woodpecker/third.yml", "steps: []\n");
  const child = await startCli(folder, ["sync", "push"]);
  const patterns = async () => (await rules()).protected_file_patterns;

  await until("they are lifted", async () => (await patterns()) !== before.protected_file_patterns);
  child.kill("SIGKILL");

  await until(
    "they are restored",
    async () => (await patterns()) === before.protected_file_patterns,
  );
  await done(disinto("sync", "push"));
  expect(await headOf()).toBe((await git("rev-parse", "HEAD")).trim());
  expect(await patterns()).toBe(before.protected_file_patterns);
});
