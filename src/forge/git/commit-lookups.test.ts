import { afterEach, beforeEach, expect, test } from "vitest";
import { WorkTree } from "../../../test/forge-contract/work-tree.ts";
import { CommitLookups } from "./commit-lookups.ts";
import { gitEnvironment } from "./repository.ts";

let tree: WorkTree;
let lookups: CommitLookups;

beforeEach(async () => {
  tree = await WorkTree.create();
  lookups = new CommitLookups();
});

afterEach(async () => {
  lookups.closeAll();
  await tree.remove();
});

const find = (...names: string[]) =>
  lookups.find({ path: tree.folder, env: gitEnvironment(tree.folder) }, names);

test("a name is looked up anew each time, through moves, packing and pruning", async () => {
  const ref = "refs/heads/main";
  expect(await find(ref)).toEqual([undefined]);
  const first = await tree.commit("a.txt", "one\n");
  expect(await find(ref, "refs/heads/absent", first)).toEqual([first, undefined, first]);
  const second = await tree.commit("a.txt", "two\n");
  expect(await find(ref)).toEqual([second]);
  await tree.git("gc", "-q", "--prune=now");
  expect(await find(ref, first)).toEqual([second, first]);
  await tree.git("tag", "-a", "-m", "x", "v1", first);
  await tree.git("checkout", "-q", "--detach");
  await tree.git("update-ref", "-d", ref);
  expect(await find(ref, "refs/tags/v1")).toEqual([undefined, first]);
});

test("questions asked together are each answered with their own", async () => {
  const sha = await tree.commit("a.txt", "one\n");
  const names = Array.from({ length: 200 }, (_, at) =>
    at % 3 ? "refs/heads/main" : `refs/x/${at}`,
  );

  const answers = await Promise.all(names.map((name) => find(name)));

  expect(answers).toEqual(names.map((name) => [name.startsWith("refs/x") ? undefined : sha]));
});

test("a lookup that was closed is begun again, and one without a repository fails", async () => {
  const sha = await tree.commit("a.txt", "one\n");
  expect(await find("refs/heads/main")).toEqual([sha]);
  lookups.close(tree.folder);
  expect(await find("refs/heads/main")).toEqual([sha]);
  const nowhere = { path: `${tree.folder}/absent`, env: {} };
  await expect(lookups.find(nowhere, ["refs/heads/main"])).rejects.toMatchObject({
    code: "git.failed",
  });
});
