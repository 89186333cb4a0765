import { expect, test } from "vitest";
import { checkBranches } from "./doctor-branches.ts";

const project = { name: "shop", repo: { owner: "ada", name: "shop" } };

function fleet(branches: readonly string[], settings: object = {}) {
  return {
    factory: {
      projects: [{ ...project, ...settings }],
      bots: [{ name: "dev", forgeUser: "dev", projects: ["shop"] }],
      forge: { url: "http://forge" },
    },
    environment: new Map([["FORGE_TOKEN_DEV", "token"]]),
    repositories: { branches: async () => branches.map((name) => `refs/heads/${name}`) },
  } as unknown as Parameters<typeof checkBranches>[0];
}

test("a branch that leaves bots' branches no room is named, with both ways out", async () => {
  const [finding] = await checkBranches(fleet(["main", "fix"]));

  expect(finding).toMatchObject({
    verdict: "bad",
    message: "shop: the branch fix is where fix/issue-1 would have to be",
    hint: "rename that branch, or set branch_prefix in projects/shop.toml",
  });
  expect(await checkBranches(fleet(["main", "fix/issue-3/idea"]))).toMatchObject([
    { verdict: "good" },
  ]);
  expect(await checkBranches(fleet(["main", "fix"], { branchPrefix: "bots/" }))).toMatchObject([
    { verdict: "good", message: "shop has room for bots/1" },
  ]);
});
