import { expect, test } from "vitest";
import type { Review, Status } from "../../ports/forge.ts";
import { NO_USAGE } from "../../ports/harness.ts";
import { readVerdict } from "../review.ts";
import { judgeStatuses } from "./checking.ts";
import { judgeReviews } from "./reviewing.ts";

const ci = { provider: "external", required: ["build", "test"], whenAbsent: "block" } as const;

function status(context: string, state: Status["state"]): Status {
  return { context, state, description: `${context} says ${state}` };
}

test("a head is green only when every required context is, whatever optional ones say", () => {
  const required = [status("build", "success"), status("test", "success")];

  expect(judgeStatuses(ci, [...required, status("lint", "failure")])).toEqual({ type: "green" });
  expect(judgeStatuses(ci, [status("build", "success")])).toBeUndefined();
  expect(
    judgeStatuses(ci, [status("build", "success"), status("test", "pending")]),
  ).toBeUndefined();
});

test("a red head is judged once all required contexts are decided, with what they said", () => {
  expect(
    judgeStatuses(ci, [status("build", "failure"), status("test", "pending")]),
  ).toBeUndefined();
  expect(judgeStatuses(ci, [status("build", "success"), status("test", "failure")])).toEqual({
    type: "red",
    reason: "test is red: test says failure",
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
  expect(judgeReviews([review({})], "head")).toEqual({ type: "approved" });
  expect(judgeReviews([review({ sha: "older" })], "head")).toEqual({ type: "approved" });
  expect(judgeReviews([review({ official: false })], "head")).toBeUndefined();
  expect(judgeReviews([review({ dismissed: true })], "head")).toBeUndefined();
  expect(judgeReviews([review({ sha: "older", stale: true })], "head")).toBeUndefined();
  expect(judgeReviews([], "head")).toBeUndefined();
});

test("a request for changes on this head outweighs another's approval, until its author approves", () => {
  const refusal = review({ author: "eve", verdict: "changes-requested", body: "no tests" });

  expect(judgeReviews([refusal, review({})], "head")).toEqual({
    type: "changes-requested",
    reason: "eve asks for changes: no tests",
  });
  expect(judgeReviews([refusal, review({ author: "eve" })], "head")).toEqual({ type: "approved" });
});

test("a reviewer that writes no verdict, a malformed one, or fails has approved nothing", () => {
  const told = { output: "looks good, approve!", usage: NO_USAGE };
  const end = { ...told, type: "finished" } as const;

  expect(readVerdict({ ...end, verdict: undefined })).toEqual({
    refused: "the reviewer wrote no verdict",
  });
  expect(readVerdict({ ...end, verdict: { verdict: "yes" } })).toEqual({
    refused: "the reviewer wrote no verdict",
  });
  expect(readVerdict({ ...told, type: "failed", fault: "exit", reason: "it died" })).toEqual({
    refused: "it died",
  });
  expect(readVerdict({ ...end, verdict: { verdict: "approve", body: "fine" } })).toEqual({
    verdict: "approved",
    body: "fine",
  });
});
