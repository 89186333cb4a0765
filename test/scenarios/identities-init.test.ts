/** From an empty folder, in each way that a repository can be named. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { runOrThrow } from "../../src/adapters/process.ts";
import { loadEnvironment } from "../../src/config/load.ts";
import { buildCli, type Ended, runCli } from "../support/cli.ts";
import { findFreePort } from "../support/fleet.ts";
import { dumpFiles, dumpForge } from "../support/forge-dump.ts";
import { noteFiles, noteOutput } from "../support/secret-scan.ts";

const demo = path.join(import.meta.dirname, "../support/greeter");

const allRefs = ["refs/heads/main", "refs/heads/other", "refs/tags/v1"];

let root: string;
let folder: string;
let repository: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-init-"));
  folder = path.join(root, "factory");
  repository = path.join(root, "shop");
  await mkdir(folder);
  await cp(demo, repository, { recursive: true });
  await repositories.init(repository);
  await git("branch", "other");
  await git("tag", "v1");
});

afterEach(async () => {
  await runCli(folder, ["down"]);
  await noteFiles(folder);
  await rm(root, { recursive: true, force: true });
});

function git(...args: readonly string[]): Promise<string> {
  return runOrThrow(["git", "-C", repository, ...args]);
}

function disinto(...args: readonly string[]): Promise<Ended> {
  return runCli(folder, args);
}

async function done(ended: Promise<Ended>): Promise<Ended> {
  const one = await ended;
  expect(one.exitCode, one.stderr).toBe(0);
  return one;
}

interface Known {
  readonly url: string;
  readonly admin: string;
  readonly basic: string;
}

async function readForge(): Promise<Known> {
  const environment = await loadEnvironment(folder);
  const admin = environment.get("FORGE_ADMIN_USER") ?? "";
  const pair = `${admin}:${environment.get("FORGE_ADMIN_PASS")}`;
  const port = environment.get("DISINTO_FORGE_PORT") ?? "3000";
  const basic = `Basic ${Buffer.from(pair).toString("base64")}`;
  return { url: `http://127.0.0.1:${port}`, admin, basic };
}

async function ask(route: string, method = "GET", body?: object): Promise<unknown> {
  const { url, basic } = await readForge();
  const answer = await fetch(`${url}/api/v1${route}`, {
    method,
    headers: { authorization: basic, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return answer.json();
}

async function refsOf(repo: string): Promise<readonly string[]> {
  const { url: forgeUrl, admin: login } = await readForge();
  const token = (await loadEnvironment(folder)).get("FORGE_ADMIN_PASS") ?? "";
  const clone = path.join(root, `clone-${crypto.randomUUID()}`);
  const access = { forgeUrl, login, token };
  const url = `${forgeUrl}/${repo}.git`;
  const { refs } = await repositories.readHistory({ folder: clone, url, access });
  return [...refs.keys()].filter((ref) => ref !== "HEAD").sort();
}

test("an empty folder and a repository are a factory: all branches and tags, a bot, a reviewer, and what comes next", async () => {
  const argv = ["init", repository, "--engine", "local", "--owner", "ada", "--yes"];
  const { stderr } = await done(disinto(...argv));

  const environment = await loadEnvironment(folder);
  expect(environment.get("DISINTO_ENGINE")).toBe("local");
  expect(environment.get("LLAMA_BOTS")).toBe("dev-qwen");
  expect(await refsOf("disinto-admin/shop")).toEqual(allRefs);
  const { tables } = await dumpForge(folder);
  expect(tables.users?.map(({ login }) => login).sort()).toEqual([
    "ada",
    "dev-qwen",
    "disinto-admin",
    "disinto-dashboard",
    "disinto-local-ci",
    "disinto-reviewer",
  ]);
  const { url } = await readForge();
  expect(stderr).toContain(`the forge is at ${url}; its administrator is disinto-admin`);
  expect(stderr).toContain(`disinto --factory ${folder} secrets get FORGE_ADMIN_PASS`);
  expect(stderr.trimEnd().split("\n").at(-1)).toBe(`next: disinto --factory ${folder} up`);
  const before = [await dumpFiles(folder), await dumpForge(folder)];
  const again = await done(disinto("init", repository, "--engine", "local", "--yes"));
  expect(again.stderr).toContain("nothing to do");
  expect([await dumpFiles(folder), await dumpForge(folder)]).toEqual(before);
});

test("the first issue is filed by the command that init ends with", async () => {
  const { stderr } = await done(disinto("init", repository, "--engine", "local", "--yes"));
  const [, line = ""] =
    /first issue for \S+: disinto --factory \S+ (issue new '.*')/.exec(stderr) ?? [];
  const [, title = ""] = /'(.*)'/.exec(line) ?? [];

  const filed = await done(disinto("issue", "new", title, "--body", "Do it", "--priority"));

  const { url, basic } = await readForge();
  const path = "/api/v1/repos/disinto-admin/shop/issues/1";
  const answer = await fetch(`${url}${path}`, { headers: { authorization: basic } });
  expect(filed.stdout).toBe(`${url}/disinto-admin/shop/issues/1\n`);
  expect(await answer.json()).toMatchObject({
    title,
    body: "Do it",
    labels: [{ name: "backlog" }, { name: "priority" }],
  });
});

test("a forge of ours is a process that down stops and init starts again, its data kept", async () => {
  await done(disinto("init", repository, "--engine", "local", "--yes"));
  const { url } = await readForge();

  await done(disinto("down"));
  await expect(fetch(url)).rejects.toThrow();
  const again = await done(disinto("init", "--yes"));

  expect((await fetch(`${url}/api/v1/version`)).status).toBe(200);
  expect(again.stderr).toContain("nothing to do");
});

test("a repository at an address is brought with all branches and tags, and used where it is when it is on the forge", async () => {
  await runOrThrow(["git", "clone", "--quiet", "--mirror", repository, path.join(root, "far.git")]);

  const address = `file://${path.join(root, "far.git")}`;
  await done(disinto("init", address, "--engine", "local", "--yes"));

  expect(await refsOf("disinto-admin/far")).toEqual(allRefs);
  const project = await readFile(path.join(folder, "projects/far.toml"), "utf8");
  expect(project).toContain('required = ["ci/local/test"]');
  const { url, admin } = await readForge();
  await ask("/user/repos", "POST", { name: "there", auto_init: true, default_branch: "trunk" });
  await done(disinto("init", `${url}/${admin}/there.git`, "--yes"));
  const there = await readFile(path.join(folder, "projects/there.toml"), "utf8");
  expect(there).toContain('repo = "disinto-admin/there"\nprimary_branch = "trunk"\n');
  expect(await refsOf("disinto-admin/there")).toEqual(["refs/heads/trunk"]);
});

test("owner/name is a repository on the forge; one that is not there, and an address with a password, are refused", async () => {
  await done(disinto("init", repository, "--engine", "local", "--yes"));
  await ask("/user/repos", "POST", { name: "there", auto_init: true, default_branch: "trunk" });
  const before = await dumpFiles(folder);

  const absent = await disinto("init", "disinto-admin/nowhere");
  const withPassword = await disinto("init", "http://ada:hunter22@127.0.0.1:1/x/y");
  expect([absent.exitCode, withPassword.exitCode]).toEqual([1, 2]);
  expect(absent.stderr).toContain("no repository of that name");
  expect(withPassword.stderr).not.toContain("hunter22");
  expect(await dumpFiles(folder)).toEqual(before);
  await done(disinto("init", "disinto-admin/there", "--workflow", "block"));

  const project = await readFile(path.join(folder, "projects/there.toml"), "utf8");
  expect(project).toContain('repo = "disinto-admin/there"\nprimary_branch = "trunk"\n');
  const labels = (await ask("/repos/disinto-admin/there/labels")) as { name: string }[];
  expect(labels.map(({ name }) => name)).toContain("backlog");
});

test("each answer can be a flag or a variable; what .env says is not overruled", async () => {
  const flags = ["--bots", "ada bob", "--local-model", "http://m:1", "--model", "qwen"];
  const argv = ["init", repository, "--engine", "local", "--admin", "boss", ...flags, "--yes"];
  const env = { LLAMA_API_KEY: "sk-exported-key", DISINTO_NAME: "mill" };
  await done(runCli(folder, argv, { env }));

  const environment = Object.fromEntries(await loadEnvironment(folder));
  expect(environment).toMatchObject({
    LLAMA_BOTS: "ada bob",
    LLAMA_BASE_URL: "http://m:1",
    LLAMA_MODEL: "qwen",
    LLAMA_API_KEY: "sk-exported-key",
    DISINTO_NAME: "mill",
    FORGE_ADMIN_USER: "boss",
  });
  const contrary = await disinto("init", "--engine", "compose");
  expect(contrary).toMatchObject({ exitCode: 2 });
  expect(contrary.stderr).toContain("DISINTO_ENGINE is local in .env");
});

test("a dry run in an empty folder says the lines of .env and every step, and leaves the folder empty", async () => {
  const argv = ["init", repository, "--engine", "local", "--yes", "--dry-run", "--json"];
  const { stdout, stderr } = await done(disinto(...argv));

  expect(stderr).toContain("+ DISINTO_ENGINE in .env   local");
  expect(stderr).toContain("+ user disinto-reviewer   [agents.reviewer]");
  expect(JSON.parse(stdout)).toMatchObject({ changed: false });
  expect(await readdir(folder)).toEqual([]);
});

test("without a repository and without anybody to ask, a new factory is a usage error", async () => {
  expect(await disinto("init", "--yes")).toMatchObject({ exitCode: 2 });
  expect(await readdir(folder)).toEqual([]);
});

test("where nobody can be asked, a new factory needs --yes; without it the whole command is printed", async () => {
  const { exitCode, stderr } = await disinto("init", repository, "--engine", "local");

  expect(exitCode).toBe(2);
  expect(stderr).toMatch(
    /hint: to make one: disinto --factory \S+ init \S+ --engine local .*--bots dev-qwen --local-model http:\/\/127\.0\.0\.1:8081 --yes$/m,
  );
  expect(await readdir(folder)).toEqual([]);
});

const hasTerminals = existsSync("/usr/bin/script");

test.skipIf(!hasTerminals)("on a terminal it asks, and Enter takes what is offered", async () => {
  await rm(path.join(repository, ".woodpecker"), { recursive: true });
  await writeFile(path.join(repository, "Makefile"), "test:\n");
  await git("add", "--all");
  await git("-c", "user.name=ada", "-c", "user.email=ada@x", "commit", "-qm", "No workflow");
  const command = [process.execPath, await buildCli(), "--factory", folder, "init", repository];
  const wide = `stty cols 120 rows 40; ${command.join(" ")}`;
  const child = spawn("script", ["-qefc", wide, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  const answers = new Map([
    ["What shall run the services?", "\u001b[B\r"],
    ["Which forge?", "\r"],
    ["Names of the bots", "\r"],
    ["Address of the model", "\r"],
    ["What shall be done?", "\r"],
  ]);
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    for (const [question, answer] of answers) {
      if (!shown.includes(question)) continue;
      answers.delete(question);
      child.stdin.write(answer);
    }
  });
  const [exitCode] = await once(child, "exit");

  await noteOutput(folder, ["init"], { stdout: shown, stderr: "" });
  expect(exitCode, shown).toBe(0);
  const environment = Object.fromEntries(await loadEnvironment(folder));
  expect(environment).toMatchObject({ DISINTO_ENGINE: "local", LLAMA_BOTS: "dev-qwen" });
  expect(shown).toContain(`next: disinto --factory ${folder} up`);
  expect(shown).toContain("Write .woodpecker/test.yml for Makefile");
  const text = await readFile(path.join(folder, "projects/shop.toml"), "utf8");
  expect(text).toContain('required = ["ci/local/test"]');
});

test("logs show a service's words, and no secret among them", async () => {
  await done(disinto("init", repository, "--engine", "local", "--yes"));
  const secret = (await loadEnvironment(folder)).get("FORGE_ADMIN_PASS") ?? "none";
  const log = path.join(folder, ".disinto/local/forgejo/log");
  await appendFile(log, `somebody wrote ${secret} here\n`);

  const { stdout, stderr } = await done(disinto("logs", "forgejo"));

  await writeFile(log, "");
  expect(stdout).toContain("listens on");
  expect(stdout).toContain("somebody wrote [FORGE_ADMIN_PASS] here");
  expect(stdout + stderr).not.toContain(secret);
});

test("what an older compose file alone says is in .env before init writes a new one over it", async () => {
  const port = await findFreePort();
  const older = `services:\n  forgejo:\n    ports: ["${port}:3000"]\n`;
  await writeFile(path.join(folder, "docker-compose.yml"), older);
  await writeFile(path.join(folder, ".env"), "DISINTO_ENGINE=local\nLLAMA_BOTS=\n");

  await done(disinto("init", repository));

  expect((await loadEnvironment(folder)).get("DISINTO_FORGE_PORT")).toBe(String(port));
});
