import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Load } from "../../test/forge-contract/load.ts";
import { RepositoryForge } from "../../test/forge-contract/repository-forge.ts";
import { startForge } from "./serve.ts";
import { Database } from "./store/database.ts";
import { schema } from "./store/schema.ts";

let own: RepositoryForge;

beforeAll(async () => {
  own = await RepositoryForge.start();
});

afterAll(() => own.close());

async function killAndRestart(): Promise<void> {
  await own.forge.kill();
  await own.restart();
}

/** A load, and a kill in the middle of it; of the forge alone or, as by a container's end, of its git processes too. */
async function loadAndKill(round: number): Promise<Load> {
  const prefix = String(round);
  const load = new Load({
    call: own.admin,
    tree: own.tree,
    remote: own.remote,
    path: own.path,
    prefix,
  });
  const running = load.run();
  await load.merged();
  await sleep(Math.random() * 300);
  await (round % 2 === 0 ? own.forge.kill() : own.forge.killAll());
  await running;
  await own.restart();
  return load;
}

async function mustHave({ acknowledged: { branches, pulls, merged } }: Load) {
  const heads = (await own.tree.git("ls-remote", "--heads", own.remote)).split(/\s/);
  for (const branch of branches) expect(heads).toContain(`refs/heads/${branch}`);
  for (const [number, sha] of pulls) {
    const { body } = await own.admin("GET", `${own.path}/pulls/${number}`);
    expect(body).toMatchObject({ head: { sha } });
    if (merged.includes(number)) expect(body).toMatchObject({ merged: true });
  }
}

/** Each pull request is merged in the database exactly if its head is in main, and nothing else moved main. */
async function mustAgree(since: string): Promise<string> {
  await own.tree.git(
    "fetch",
    "-q",
    own.remote,
    "+refs/heads/*:refs/seen/*",
    "+refs/pull/*:refs/pull/*",
  );
  const refs = await own.tree.git("for-each-ref", "--format=%(refname) %(objectname)");
  const added = await own.tree.git("rev-list", `${since}..refs/seen/main`);
  const { body } = await own.admin("GET", `${own.path}/pulls?state=all&limit=50`);
  const pulls = Object.values(body);
  const mergedHeads = pulls.filter(({ merged }) => merged).map(({ head }) => head?.sha);
  expect(mergedHeads).toEqual(expect.arrayContaining(added.split("\n").filter(Boolean)));
  for (const { head, number, merged, merge_commit_sha } of pulls) {
    expect(refs).toContain(`refs/pull/${number}/head ${head?.sha}`);
    expect(refs).toContain(`refs/seen/${head?.label} ${head?.sha}`);
    const inMain = ["merge-base", "--is-ancestor", String(head?.sha), "refs/seen/main"];
    expect((await own.tree.attempt(...inMain)).exitCode).toBe(merged ? 0 : 1);
    if (merged) expect(merge_commit_sha).toBe(head?.sha);
  }
  return await own.tree.git("rev-parse", "refs/seen/main");
}

/** The states of all issues, by number. */
async function titles(): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (let page = 1; ; page++) {
    const path = `${own.path}/issues?state=all&type=issues&limit=50&page=${page}`;
    const issues = Object.values((await own.admin("GET", path)).body);
    for (const { number, title } of issues) found.set(Number(number), String(title));
    if (issues.length === 0) return found;
  }
}

const kills = Number(process.env.DISINTO_KILLS ?? 20);

test(`nothing that was acknowledged is lost when the forge is killed under load, ${kills} times`, async () => {
  let main = await own.tree.git("rev-parse", "main");
  const loads: Load[] = [];
  for (let round = 0; round < kills; round++) {
    const load = await loadAndKill(round);
    await mustHave(load);
    main = await mustAgree(main);
    loads.push(load);
  }

  const issues = await titles();
  for (const { acknowledged } of loads) {
    for (const [number, title] of acknowledged.issues) expect(issues.get(number)).toBe(title);
  }
  const [repository = ""] = await readdir(join(own.folder, "repositories"));
  await own.tree.git("--git-dir", join(own.folder, "repositories", repository), "fsck", "--strict");
  const db = new Database(join(own.folder, "forge.db"));
  expect(db.all("PRAGMA integrity_check")).toMatchObject([{ integrity_check: "ok" }]);
  expect(db.all("PRAGMA foreign_key_check")).toEqual([]);
  expect(db.all("SELECT * FROM merge_intents")).toEqual([]);
  db.close();
});

test("a merge that was in git but not in the database is finished at the next start", async () => {
  await own.tree.git("checkout", "-q", "-b", "half");
  const sha = await own.tree.commit("half.txt", "x\n");
  await own.tree.git("push", "-q", own.remote, "half");
  const issue = await own.admin("POST", "/repos/root/work/issues", { title: "half" });
  const pull = await own.admin("POST", "/repos/root/work/pulls", {
    title: "half",
    body: `Fixes #${issue.body.number}`,
    head: "half",
    base: "main",
  });
  await own.forge.kill();
  const db = new Database(join(own.folder, "forge.db"));
  const intent = { pull_id: Number(pull.body.id), merger_id: 1, commit_sha: sha };
  db.insert("merge_intents", intent);
  db.close();
  const [repository = ""] = await readdir(join(own.folder, "repositories"));
  const path = join(own.folder, "repositories", repository);
  await own.tree.git("--git-dir", path, "update-ref", "refs/heads/main", sha);
  await own.restart();

  const merged = await own.admin("GET", `/repos/root/work/pulls/${pull.body.number}`);
  const closed = await own.admin("GET", `/repos/root/work/issues/${issue.body.number}`);

  expect(merged.body).toMatchObject({ merged: true, merge_commit_sha: sha });
  expect(closed.body).toMatchObject({ state: "closed" });
});

test("lock files of a killed push are removed at the start", async () => {
  const [repository = ""] = await readdir(join(own.folder, "repositories"));
  await writeFile(join(own.folder, "repositories", repository, "refs/heads/stuck.lock"), "");
  expect((await own.tree.attempt("push", own.remote, "main:stuck")).exitCode).not.toBe(0);

  await killAndRestart();

  expect((await own.tree.attempt("push", "-q", own.remote, "main:stuck")).exitCode).toBe(0);
});

test("a second forge on the same folder is refused", async () => {
  await expect(startForge({ folder: own.folder, port: 0 })).rejects.toThrow("another forge serves");
});

test("a database of any older program is upgraded with all it holds, one of a newer program is left alone", async () => {
  const { default: Libsql } = await import("libsql");
  for (let version = 1; version <= schema.length; version++) {
    const file = join(own.folder, `version-${version}.db`);
    const old = new Libsql(file);
    old.exec(schema.slice(0, version).join("\n"));
    old.exec(`PRAGMA user_version = ${version};
      INSERT INTO users (login, lower_login, email, password_hash, created) VALUES ('Ada', 'ada', 'a', '', 1);
      INSERT INTO repositories (owner_id, name, lower_name, private, default_branch, settings, created, updated)
      VALUES (1, 'work', 'work', 1, 'main', '{}', 1, 1)`);
    old.close();

    const upgraded = new Database(file);
    expect(upgraded.all("PRAGMA user_version")).toMatchObject([{ user_version: schema.length }]);
    expect(upgraded.all("PRAGMA journal_mode")).toMatchObject([{ journal_mode: "wal" }]);
    expect(upgraded.all("SELECT login, name, read_tip FROM users JOIN repositories")).toMatchObject(
      [{ login: "Ada", name: "work", read_tip: "" }],
    );
    upgraded.run("PRAGMA user_version = 99");
    upgraded.close();
    expect(() => new Database(file)).toThrow(
      expect.objectContaining({ code: "data.too-new", message: expect.stringContaining("99") }),
    );
  }
});

test("a request that comes while the forge is still starting is answered when it has started", async () => {
  for (let round = 0; round < 5; round++) {
    await own.forge.kill();
    const starting = own.restart();
    const first = await firstAnswer(`${own.forge.url}/api/v1/version`);
    await starting;
    expect(first.status).toBe(200);
  }
});

async function firstAnswer(url: string): Promise<Response> {
  for (;;) {
    // Nobody listens yet.
    const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) }).catch(
      (error: Error) => {
        if (error.name === "TimeoutError") throw error;
      },
    );
    if (answer) return answer;
  }
}
