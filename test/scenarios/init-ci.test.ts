/** A repository in which no CI finds a workflow: known before anything is written, not after a session that is paid for. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { repositories } from "../../src/adapters/git/repositories.ts";
import { runOrThrow } from "../../src/adapters/process.ts";
import { findFreePort } from "../../src/apply/free-port.ts";
import { loadEnvironment } from "../../src/config/load.ts";
import { type Ended, runCli } from "../support/cli.ts";
import { dumpFiles } from "../support/forge-dump.ts";
import { noteFiles } from "../support/secret-scan.ts";

const demo = path.join(import.meta.dirname, "../support/greeter");

let root: string;
let folder: string;
let repository: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "disinto-init-"));
  folder = path.join(root, "factory");
  await mkdir(folder);
  await makeRepository("shop");
});

afterEach(async () => {
  await runCli(folder, ["down"]);
  await noteFiles(folder);
  await rm(root, { recursive: true, force: true });
});

async function makeRepository(name: string): Promise<void> {
  repository = path.join(root, name);
  await cp(demo, repository, { recursive: true });
  await repositories.init(repository);
}

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

/** The repository on the forge. */
async function placeOnForge() {
  const environment = await loadEnvironment(folder);
  const forgeUrl = `http://127.0.0.1:${environment.get("DISINTO_FORGE_PORT") ?? "3000"}`;
  const token = environment.get("FORGE_ADMIN_PASS") ?? "";
  const access = { forgeUrl, login: "disinto-admin", token };
  return { url: `${forgeUrl}/disinto-admin/shop.git`, access };
}

/** The forge's repository: its newest commit but one, and the workflow in it. */
async function readForge(): Promise<{ before: string | undefined; workflow: string }> {
  const { url, access } = await placeOnForge();
  const clone = path.join(root, "clone");
  const { commits } = await repositories.readHistory({ folder: clone, url, access });
  const workflow = await readFile(path.join(clone, ".woodpecker/test.yml"), "utf8");
  return { before: commits[1]?.sha, workflow };
}

async function replaceWorkflow(...files: readonly string[]): Promise<void> {
  await rm(path.join(repository, ".woodpecker"), { recursive: true });
  for (const file of files) {
    await mkdir(path.dirname(path.join(repository, file)), { recursive: true });
    await writeFile(path.join(repository, file), "{}");
  }
  await git("add", "--all");
  await git("-c", "user.name=ada", "-c", "user.email=ada@x", "commit", "-qm", "No workflow");
}

const readToml = () => readFile(path.join(folder, "projects/shop.toml"), "utf8");

test("a repository without a workflow gets one that fits in the first push with --yes, and is left as it is itself", async () => {
  await replaceWorkflow("package.json", ".github/workflows/ci.yml");
  const before = await git("rev-parse", "main");

  const { stderr } = await done(disinto("init", repository, "--engine", "local", "--yes"));

  expect(stderr).toContain(
    "shop has no workflow in .woodpecker/ for pull requests, so no CI would look at a change; .github/workflows/ci.yml is not run by this factory",
  );
  expect(stderr).toContain('  ci: required = ["ci/local/test"]');
  expect(await readToml()).toContain('required = ["ci/local/test"]');
  const pushed = await readForge();
  expect(pushed).toMatchObject({ before: before.trim() });
  expect(pushed.workflow).toContain("npm run test --if-present");
  expect(await git("rev-parse", "main")).toBe(before);
  expect((await done(disinto("init", repository))).stderr).toContain("nothing to do");
});

test("a workflow that was agreed to is in the first push also where another run of init makes it", async () => {
  await replaceWorkflow("go.mod");
  await mkdir(path.join(folder, "projects"));
  const project = 'repo = "disinto-admin/shop"\n[ci]\nrequired = ["ci/local/test"]\n';
  await writeFile(path.join(folder, "projects/shop.toml"), project);

  const port = String(await findFreePort());
  const place = ["--engine", "local", "--forge-port", port];
  await done(disinto("init", repository, ...place, "--yes"));

  expect((await readForge()).workflow).toContain("go test ./...");
});

test("each init names what stands in the way of bots in every project: branches, tags and Git LFS", async () => {
  await writeFile(path.join(repository, ".gitattributes"), "*.psd filter=lfs -text\n");
  await git("add", "--all");
  await git("-c", "user.name=ada", "-c", "user.email=ada@x", "commit", "-qm", "Paintings");
  const first = await done(disinto("init", repository, "--engine", "local", "--yes"));
  const lfs = "shop keeps files in Git LFS (.gitattributes)";
  expect(first.stderr).toContain(lfs);

  await git("branch", "fix/issue-3/idea");
  await git("tag", "fix/issue-12");
  await repositories.push({ folder: repository, ...(await placeOnForge()) });
  const { stderr } = await done(disinto("init"));

  expect(stderr).toContain(lfs);
  expect(stderr).toContain("shop: fix/issue-3/idea stand where");
  expect(stderr).toContain("a branch and a tag share a name (fix/issue-12)");
});

test("where nobody can be asked about a repository without a workflow, a flag decides, and without it nothing is written", async () => {
  await done(disinto("init", repository, "--engine", "local", "--yes"));
  await makeRepository("second");
  await replaceWorkflow();
  const before = await dumpFiles(folder);

  const refused = await disinto("init", repository);
  const unfit = await disinto("init", repository, "--workflow", "write");

  expect(refused).toMatchObject({ exitCode: 2 });
  expect(refused.stderr).toContain(
    "hint: give --workflow block (changes wait until there is one) or --workflow pass (they are merged untested)",
  );
  expect(unfit.stderr).toContain("none is known that fits");
  expect(await dumpFiles(folder)).toEqual(before);
  await done(disinto("init", repository, "--workflow", "pass"));
  const text = await readFile(path.join(folder, "projects/second.toml"), "utf8");
  expect(text).toContain('when_absent = "pass"');
});
