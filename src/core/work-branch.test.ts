import { expect, test } from "vitest";
import { choosePrefix, deriveBranch, findCommonObstacles, findObstacles } from "./work-branch.ts";

const refs = [
  "refs/heads/main",
  "refs/heads/fix/issue-3/idea",
  "refs/heads/fix/issue-31",
  "refs/heads/Fix",
  "refs/tags/fix",
  "refs/disinto/claims/3",
];

test("an issue's branch has its own name, or the project's", () => {
  expect(deriveBranch({}, 3)).toBe("fix/issue-3");
  expect(deriveBranch({ branchPrefix: "bots/" }, 3)).toBe("bots/3");
});

test("a branch that is a folder of it, or in which it is one, is in its way; tags and other names are not", () => {
  expect(findObstacles(refs, "fix/issue-3")).toEqual(["fix/issue-3/idea"]);
  expect(findObstacles(refs, "fix/issue-4")).toEqual([]);
  expect(findObstacles([...refs, "refs/heads/fix"], "fix/issue-4")).toEqual(["fix"]);
  expect(findObstacles(["refs/heads/fix/issue-3"], "fix/issue-3")).toEqual([]);
});

test("what is in the way of every issue's branch is told apart", () => {
  expect(findCommonObstacles(refs, {})).toEqual([]);
  expect(findCommonObstacles([...refs, "refs/heads/fix"], {})).toEqual(["fix"]);
  expect(findCommonObstacles([...refs, "refs/heads/fix"], { branchPrefix: "bots/" })).toEqual([]);
});

test("a new project gets another prefix only where the usual one has no room", () => {
  expect(choosePrefix(refs)).toBeUndefined();
  expect(choosePrefix([...refs, "refs/heads/fix"])).toBe("bots/issue-");
  expect(choosePrefix(["refs/heads/fix", "refs/heads/bots"])).toBe("disinto/issue-");
});
