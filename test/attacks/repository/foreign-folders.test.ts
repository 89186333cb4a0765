/** The operator unpacks somebody's repository, or somebody's factory folder, and runs disinto on it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { repositories } from "../../../src/adapters/git/repositories.ts";
import { parseSource } from "../../../src/core/source.ts";
import { buildLocalEngine } from "../../../src/engines/local/engine.ts";
import { identify } from "../../../src/engines/local/process-identity.ts";
import { WorkTree } from "../../forge-contract/work-tree.ts";

let root: string;
let victim: WorkTree;
let target: string;
const access = { forgeUrl: "http://127.0.0.1:9", login: "admin", token: "the-password" };

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-foreign-"));
  victim = await WorkTree.create();
  await victim.commit("README.md", "hello\n");
  target = path.join(root, "target.git");
  await victim.git("init", "-q", "--bare", target);
});

afterEach(async () => {
  await victim.remove();
  await rm(root, { recursive: true, force: true });
});

/** A program that leaves a file where it ran. */
async function plant(name: string): Promise<string> {
  const program = path.join(root, name);
  await writeFile(program, `#!/bin/sh\ntouch '${root}/ran-${name}'\nexit 1\n`);
  await chmod(program, 0o755);
  return program;
}

async function listRuns(): Promise<readonly string[]> {
  return (await readdir(root)).filter((name) => name.startsWith("ran-"));
}

async function use(folder: string): Promise<string> {
  const described = await repositories.describe(folder).then(
    (found) => JSON.stringify(found),
    (error: Error) => error.message,
  );
  const pushed = await repositories.push({ folder, url: target, access }).then(
    () => "pushed",
    (error: Error) => error.message,
  );
  return `${described}; ${pushed}`;
}

test("control: a whole repository, also from a folder inside it or a linked work tree, is described and pushed", async () => {
  await victim.git("tag", "v1");
  await victim.git("pack-refs", "--all");
  await victim.git("branch", "loose/one");
  await victim.git("worktree", "add", "-q", path.join(root, "linked"), "-b", "aside");
  await mkdir(path.join(victim.folder, "inside"));

  const heads = ["refs/heads/aside", "refs/heads/loose/one", "refs/heads/main"];
  const branches = [...heads, "refs/tags/v1"];
  for (const [folder, branch] of [
    [path.join(victim.folder, "inside"), "main"],
    [path.join(root, "linked"), "aside"],
  ] as const) {
    const described = { branch, branches, isShallow: false, workflows: [] };
    const [said = "", pushed] = (await use(folder)).split("; ");
    expect(JSON.parse(said)).toMatchObject(described);
    expect(pushed).toBe("pushed");
  }
  const there = await victim.git("ls-remote", "--refs", target);
  expect([...there.matchAll(/refs\/\S+/g)].join(" ")).toBe(
    "refs/heads/aside refs/heads/loose/one refs/heads/main refs/tags/v1",
  );
});

const programs: Readonly<Record<string, (program: string) => readonly (readonly string[])[]>> = {
  "a promisor's upload-pack": (program) => [
    ["core.repositoryformatversion", "1"],
    ["extensions.partialClone", "evil"],
    ["remote.evil.promisor", "true"],
    ["remote.evil.url", "/"],
    ["remote.evil.uploadpack", program],
  ],
  "a file system monitor": (program) => [["core.fsmonitor", program]],
  "a receive-pack, an askpass and a credential helper": (program) => [
    ["remote.origin.receivepack", program],
    ["core.askPass", program],
    ["credential.helper", `!${program}`],
    ["core.sshCommand", program],
    ["core.gitProxy", program],
  ],
  "a hooks folder": (program) => [["core.hooksPath", path.dirname(program)]],
};

test.each(Object.entries(programs))("%s of the repository is not run", async (_, configure) => {
  const program = await plant("program");
  for (const [key = "", value = ""] of configure(program)) await victim.git("config", key, value);
  await plant("pre-push");
  const blob = await victim.git("rev-parse", "HEAD^{tree}");
  const lacking = `.git/objects/${blob.slice(0, 2)}/${blob.slice(2)}`;
  await rm(path.join(victim.folder, lacking), { force: true });

  await use(victim.folder);

  expect(await listRuns()).toEqual([]);
});

test("hooks of a submodule are not run, and its commits are not pushed", async () => {
  const module = path.join(victim.folder, "module");
  await victim.git("init", "-q", module);
  const hook = await plant("pre-push");
  await mkdir(path.join(module, ".git", "hooks"), { recursive: true });
  await symlink(hook, path.join(module, ".git", "hooks", "pre-push"));
  await victim.git("-C", module, "commit", "-q", "--allow-empty", "-m", "one");
  await victim.git("-C", module, "remote", "add", "origin", target);
  await victim.git("add", "module");
  await victim.git("commit", "-q", "-m", "module");
  await victim.git("config", "push.recurseSubmodules", "on-demand");

  expect(await use(victim.folder)).toContain("pushed");
  expect(await listRuns()).toEqual([]);
});

test("a proxy or another address that the repository names is sent nothing", async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.authorization}`);
    response.writeHead(401, { "www-authenticate": "Basic" }).end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  const there = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  await victim.git("config", "http.http://127.0.0.1:9.proxy", there);
  await victim.git("config", `url.${there}/.insteadOf`, "http://127.0.0.1:9/");
  await victim.git("config", `credential.${there}.helper`, "store");

  const url = "http://127.0.0.1:9/admin/code.git";
  await expect(repositories.push({ folder: victim.folder, url, access })).rejects.toThrow();

  expect(asked).toEqual([]);
});

test("a repository that borrows another's objects, or points at one, is not read", async () => {
  const other = await WorkTree.create();
  onTestFinished(() => other.remove());
  await other.commit("private.txt", "secret\n");
  const bait = path.join(root, "bait");
  await mkdir(bait);
  await writeFile(path.join(bait, ".git"), `gitdir: ${other.folder}/.git\n`);
  const alternates = path.join(victim.folder, ".git/objects/info/alternates");
  await writeFile(alternates, `${other.folder}/.git/objects\n`);

  expect(await use(bait)).toContain("its .git points elsewhere");
  expect(await use(victim.folder)).toContain("borrows the objects");
  await rm(path.join(victim.folder, ".git/objects"), { recursive: true });
  await symlink(`${other.folder}/.git/objects`, path.join(victim.folder, ".git/objects"));
  expect(await use(victim.folder)).not.toContain("; pushed");
});

test("an address that is a folder is read as a folder", () => {
  const found = parseSource("file:///srv/some%20code.git", {
    isFolder: false,
    forgeUrl: "http://f",
  });

  expect(found).toEqual({ kind: "folder", folder: "/srv/some code.git", name: "some-code" });
});

function buildEngine() {
  return buildLocalEngine({ factory: "disinto", folder: root, self: ["true"], graceMs: 50 });
}

/** Somebody else's process group, in `cwd`. */
async function startForeign(cwd: string): Promise<ChildProcess> {
  const child = spawn("sleep", ["60"], { cwd, detached: true, stdio: "ignore" });
  await once(child, "spawn");
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function record(name: string, identity: unknown): Promise<void> {
  const folder = path.join(root, ".disinto/local", name);
  await mkdir(folder, { recursive: true });
  const written = { name, identity, hash: "", properties: [] };
  await writeFile(path.join(folder, "process.json"), JSON.stringify(written));
}

test("a recorded process that is not of this folder is not ended, whatever the record says", async () => {
  const foreign = await startForeign(tmpdir());
  const identity = await identify(foreign.pid ?? 0);
  await record("bot", identity);
  await record("all", { ...identity, pid: 1 });
  await record("group", { ...identity, pid: -(foreign.pid ?? 0) });

  await buildEngine().down({ volumes: false });

  expect(await identify(foreign.pid ?? 0)).toEqual(identity);
});

test("a link in the place of .disinto, of a service, or of a volume leads to nothing that is deleted or ended", async () => {
  const elsewhere = path.join(root, "elsewhere");
  await mkdir(path.join(elsewhere, "local", "bot"), { recursive: true });
  const foreign = await startForeign(path.join(elsewhere, "local", "bot"));
  await symlink(elsewhere, path.join(root, ".disinto"));

  await expect(buildEngine().down({ volumes: true })).rejects.toMatchObject({
    code: "engine.failed",
  });
  await rm(path.join(root, ".disinto"));
  await mkdir(path.join(root, ".disinto/local"), { recursive: true });
  await symlink(path.join(elsewhere, "local", "bot"), path.join(root, ".disinto/local/bot"));
  await expect(buildEngine().remove("bot")).rejects.toMatchObject({ code: "engine.failed" });

  expect(await identify(foreign.pid ?? 0)).toBeDefined();
  expect(await readdir(path.join(elsewhere, "local"))).toEqual(["bot"]);
});

test.each(["elsewhere", ".disinto/local/../../elsewhere", ".disinto/local/link/data", "."])(
  "a volume that services.json lays at %s is not deleted",
  async (place) => {
    await mkdir(path.join(root, "elsewhere/data"), { recursive: true });
    await mkdir(path.join(root, ".disinto/local"), { recursive: true });
    await symlink(path.join(root, "elsewhere"), path.join(root, ".disinto/local/link"));
    const volumes = [{ name: "data", path: path.join(root, place) }];
    const rest = { container: "bot", args: [], environment: {}, secrets: {}, enabled: true };
    const services = { factory: "mine", services: { bot: { ...rest, volumes } } };
    await writeFile(path.join(root, ".disinto/local/services.json"), JSON.stringify(services));

    await expect(buildEngine().removeVolume("data")).rejects.toMatchObject({
      code: "engine.failed",
    });

    expect(await readdir(path.join(root, "elsewhere"))).toEqual(["data"]);
  },
);
