import { expect, test } from "vitest";
import type { ProjectTools } from "../../../bot/tools.ts";
import type { Review, Status } from "../../../ports/forge.ts";
import { findForeign, judgeStatuses } from "./checking.ts";
import { judgeReviews, withoutPushers } from "./reviewing.ts";

const ci = { provider: "external", required: ["build", "test"], whenAbsent: "block" } as const;

function status(context: string, state: Status["state"]): Status {
  return { context, state, description: `${context} says ${state}` };
}

test("a head is green only when every required context is, whatever optional ones say", () => {
  const required = [status("build", "success"), status("test", "success")];

  expect(judgeStatuses(ci, [...required, status("lint", "failure")])).toEqual({ type: "green" });
  expect(judgeStatuses(ci, [status("build", "success")])).toEqual({
    type: "waiting",
    missing: ["test"],
  });
  expect(judgeStatuses(ci, [status("build", "success"), status("test", "pending")])).toEqual({
    type: "waiting",
    missing: ["test"],
  });
});

test("a red head is judged once all required contexts are decided", () => {
  expect(judgeStatuses(ci, [status("build", "failure"), status("test", "pending")])).toMatchObject({
    type: "waiting",
  });
  expect(judgeStatuses(ci, [status("build", "success"), status("test", "failure")])).toEqual({
    type: "red",
    red: [status("test", "failure")],
  });
});

test("absent CI is not green unless the project says so", () => {
  expect(judgeStatuses({ ...ci, required: [] }, [status("any", "success")])).toMatchObject({
    type: "stuck",
  });
  expect(judgeStatuses({ ...ci, required: [], whenAbsent: "pass" }, [])).toEqual({ type: "green" });
});

function review(part: Partial<Review>): Review {
  const whole = {
    id: 1,
    author: "ada",
    verdict: "approved",
    sha: "head",
    body: "",
    stale: false,
    dismissed: false,
    official: true,
  } as const;
  return { ...whole, ...part };
}

test("only a review that counts approves: official, not dismissed, of this head or not stale", () => {
  const undecided = { type: "undecided" };

  for (const one of [review({}), review({ sha: "older" })])
    expect(judgeReviews([one], "head")).toEqual({ type: "approved", by: [one] });
  expect(judgeReviews([review({ official: false })], "head")).toEqual(undecided);
  expect(judgeReviews([review({ official: false })], "head", ["ada"])).toEqual(undecided);
  expect(judgeReviews([review({ dismissed: true })], "head")).toEqual(undecided);
  expect(judgeReviews([review({ sha: "older", stale: true })], "head")).toEqual(undecided);
  expect(judgeReviews([], "head")).toEqual(undecided);
});

test("a request for changes on this head outweighs another's approval, until its author approves", () => {
  const refusal = review({ author: "eve", verdict: "changes-requested", body: "no tests" });

  expect(judgeReviews([refusal, review({})], "head")).toEqual({
    type: "changes-requested",
    by: [refusal],
  });
  const approval = review({ author: "eve" });
  expect(judgeReviews([refusal, approval], "head")).toEqual({ type: "approved", by: [approval] });
});

test("who asked for changes to an earlier head has to look again, whoever else approves", () => {
  const refusal = review({
    author: "eve",
    verdict: "changes-requested",
    sha: "older",
    stale: true,
  });

  expect(judgeReviews([refusal, review({})], "head")).toEqual({
    type: "waits-for",
    authors: ["eve"],
  });
});

test("a trusted person's request is answered though the forge does not count it; a stranger's is not", () => {
  const remark = review({ author: "Eve", verdict: "changes-requested", official: false });

  expect(judgeReviews([remark], "head", ["eve"])).toEqual({
    type: "changes-requested",
    by: [remark],
  });
  expect(judgeReviews([remark], "head", ["ada"])).toEqual({ type: "undecided" });
});

test("an approval by who pushed to the branch is none; a change that they ask for is", () => {
  const mine = review({ author: "Grace" });
  const asked = review({ author: "grace", verdict: "changes-requested" });

  expect(withoutPushers([mine, review({}), asked], ["grace"])).toEqual([review({}), asked]);
});

test.each([
  [
    "a doubtful failure of a change that leaves CI's files alone",
    ["src/a.ts"],
    { part: { isDoubtful: true }, count: 1 },
  ],
  [
    "a doubtful failure of a change to CI's files",
    [".woodpecker/test.yml"],
    { part: { isDoubtful: true }, count: 0 },
  ],
  [
    "a doubtful failure of a change to the file in the root",
    [".woodpecker.yml"],
    { part: { isDoubtful: true }, count: 0 },
  ],
  ["a failure that is the change's without doubt", ["src/a.ts"], { part: {}, count: 0 }],
] as const)("%s: is it a person's?", async (_, paths, { part, count }) => {
  const objects = {
    mergeTrees: async () => ({ type: "clean", tree: "tree" }),
    changedPaths: async () => paths,
  };
  const mirror = { refresh: async () => new Map([["refs/heads/main", "base"]]), objects };
  const target = { mirror, project: { primaryBranch: "main" } } as unknown as ProjectTools;

  const foreign = await findForeign(target, "head", [
    { context: "ci/local/test", kind: "real", log: "sh: tap: not found", ...part },
  ]);

  expect(foreign.map(({ kind }) => kind)).toEqual(Array(count).fill("installation"));
});
