import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Built,
  buildForge,
  type ForgeProcess,
  spawnForge,
} from "../../test/forge-contract/built-forge.ts";
import { type Call, caller } from "../../test/forge-contract/test-forge.ts";
import { WorkTree } from "../../test/forge-contract/work-tree.ts";
import { createAccount, generateAccessToken } from "./admin.ts";
import { Database } from "./database.ts";
import { startForge } from "./serve.ts";

let built: Built;
let folder: string;
let forge: ForgeProcess;
let admin: Call;
let token: string;
let tree: WorkTree;

beforeAll(async () => {
  built = await buildForge();
  folder = await mkdtemp(join(tmpdir(), "disinto-forge-"));
  const account = { username: "root", email: "root@example.com", admin: true };
  await createAccount(folder, { ...account, password: "a long password" });
  const wanted = { username: "root", name: "tests", scopes: ["all"], raw: true };
  [token = ""] = await generateAccessToken(folder, wanted);
  forge = await spawnForge(built, { folder, port: 0 });
  admin = caller(forge.url, `token ${token}`);
  await admin("POST", "/user/repos", { name: "work" });
  tree = await WorkTree.create();
  await tree.commit("README.md", "hello\n");
  await tree.git("push", "-q", remote(), "main");
});

afterAll(async () => {
  await forge.kill();
  await built.remove();
  await rm(folder, { recursive: true, force: true });
  await tree.remove();
});

function remote(): string {
  return `${forge.url.replace("://", `://x:${token}@`)}/root/work.git`;
}

async function killAndRestart(): Promise<void> {
  await forge.kill();
  forge = await spawnForge(built, { folder, port: forge.port });
}

/** Writes until the forge is gone; answers what it acknowledged. */
async function write(round: number): Promise<{ issues: number[]; branches: string[] }> {
  const done = { issues: [] as number[], branches: [] as string[] };
  const untilItFails = async (act: (turn: number) => Promise<void>) => {
    try {
      for (let turn = 0; ; turn++) await act(turn);
    } catch {
      // The forge was killed.
    }
  };
  const issues = untilItFails(async (turn) => {
    const issue = await admin("POST", "/repos/root/work/issues", { title: `${round}-${turn}` });
    done.issues.push(Number(issue.body.number));
  });
  const branches = untilItFails(async (turn) => {
    const branch = `b-${round}-${turn}`;
    await tree.git("push", "-q", remote(), `main:${branch}`);
    done.branches.push(branch);
  });
  await sleep(150 + Math.random() * 400);
  await forge.kill();
  await Promise.all([issues, branches]);
  return done;
}

test("nothing that was acknowledged is lost when the forge is killed under load", async () => {
  const rounds = Number(process.env.DISINTO_KILLS ?? 3);
  for (let round = 0; round < rounds; round++) {
    const { issues, branches } = await write(round);
    forge = await spawnForge(built, { folder, port: forge.port });

    for (const number of issues) {
      expect((await admin("GET", `/repos/root/work/issues/${number}`)).status).toBe(200);
    }
    const heads = await tree.git("ls-remote", "--heads", remote());
    for (const branch of branches) expect(heads).toContain(`refs/heads/${branch}`);
    await tree.git("push", "-q", remote(), `main:after-${round}`);
  }
});

test("a merge that was in git but not in the database is finished at the next start", async () => {
  await tree.git("checkout", "-q", "-b", "half");
  const sha = await tree.commit("half.txt", "x\n");
  await tree.git("push", "-q", remote(), "half");
  const issue = await admin("POST", "/repos/root/work/issues", { title: "half" });
  const pull = await admin("POST", "/repos/root/work/pulls", {
    title: "half",
    body: `Fixes #${issue.body.number}`,
    head: "half",
    base: "main",
  });
  await forge.kill();
  const db = new Database(join(folder, "forge.db"));
  const intent = { pull_id: Number(pull.body.id), merger_id: 1, commit_sha: sha };
  db.insert("merge_intents", intent);
  db.close();
  const [repository = ""] = await readdir(join(folder, "repositories"));
  const path = join(folder, "repositories", repository);
  await tree.git("--git-dir", path, "update-ref", "refs/heads/main", sha);
  forge = await spawnForge(built, { folder, port: forge.port });

  const merged = await admin("GET", `/repos/root/work/pulls/${pull.body.number}`);
  const closed = await admin("GET", `/repos/root/work/issues/${issue.body.number}`);

  expect(merged.body).toMatchObject({ merged: true, merge_commit_sha: sha });
  expect(closed.body).toMatchObject({ state: "closed" });
});

test("lock files of a killed push are removed at the start", async () => {
  const [repository = ""] = await readdir(join(folder, "repositories"));
  await writeFile(join(folder, "repositories", repository, "refs/heads/stuck.lock"), "");
  expect((await tree.attempt("push", remote(), "main:stuck")).exitCode).not.toBe(0);

  await killAndRestart();

  expect((await tree.attempt("push", "-q", remote(), "main:stuck")).exitCode).toBe(0);
});

test("a second forge on the same folder is refused", async () => {
  await expect(startForge({ folder, port: 0 })).rejects.toThrow("another forge serves");
});

test("a database of an older program is upgraded, one of a newer program is left alone", async () => {
  const file = join(folder, "versions.db");
  new Database(file).close();
  const { default: Libsql } = await import("libsql");
  const old = new Libsql(file);
  old.exec("ALTER TABLE repositories DROP COLUMN read_tip; PRAGMA user_version = 1");
  old.close();

  const upgraded = new Database(file);
  expect(upgraded.all("SELECT read_tip FROM repositories")).toEqual([]);
  upgraded.run("PRAGMA user_version = 99");
  upgraded.close();

  expect(() => new Database(file)).toThrow("version 99");
});
