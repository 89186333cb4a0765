import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WorkTree } from "../../../test/forge-contract/work-tree.ts";
import { type ForgeContext, gitOf, Queue } from "../forge.ts";
import { createRepository } from "../repositories/repositories.ts";
import { databaseFile } from "../serve.ts";
import { Database } from "../store/database.ts";
import { createAccount } from "../users/admin.ts";
import { Authentication } from "../users/authentication.ts";
import { PasswordChecker } from "../users/secrets.ts";
import { getUser } from "../users/users.ts";
import { CommitLookups } from "./commit-lookups.ts";
import { collectGarbage } from "./maintenance.ts";
import { GitSlots } from "./slots.ts";

test("tidying drops the objects of leases that are gone, and keeps every ref", async () => {
  const folder = await mkdtemp(join(tmpdir(), "disinto-forge-"));
  await createAccount(folder, { username: "root", email: "r@example.com", admin: true });
  const db = new Database(databaseFile(folder));
  const authentication = new Authentication(db, new PasswordChecker());
  const lookups = new CommitLookups();
  const forge: ForgeContext = {
    db,
    folder,
    url: "http://x",
    authentication,
    lookups,
    queue: new Queue(),
    gitSlots: new GitSlots(),
  };
  const options = { name: "work", description: "", private: false, template: false };
  const repository = await createRepository(forge, getUser(db, 1), {
    ...options,
    defaultBranch: "main",
  });
  const tree = await WorkTree.create();
  const kept = await tree.commit("a.txt", "a\n");
  const git = gitOf(forge, repository);
  await tree.git("push", "-q", git.path, "main", "main:refs/disinto/claims/1");
  const gone = await tree.commit("lease.txt", "lease\n");
  await tree.git("push", "-q", git.path, "main:refs/disinto/claims/2");
  await tree.git("push", "-q", git.path, "--delete", "refs/disinto/claims/2");

  expect(await collectGarbage(forge, repository, { atLeast: 1000 })).toBe(false);
  expect(await collectGarbage(forge, repository, { atLeast: 1, expire: "now" })).toBe(true);

  expect(await git.commit(gone)).toBeUndefined();
  expect(await git.commit("refs/disinto/claims/1")).toBe(kept);
  db.close();
  await tree.remove();
  await rm(folder, { recursive: true, force: true });
});
