import { expect, test } from "vitest";
import { readMergeAnswer } from "./merge-answer.ts";

const message = (text: string): string => JSON.stringify({ message: text, url: "" });

test.each([
  [405, message("User not allowed to merge PR"), "forbidden"],
  [405, message("Work in progress PRs cannot be merged"), "draft"],
  [405, message("Please try again later"), "not-ready"],
  [
    405,
    message("not allowed to merge [reason: Not all required status checks successful]"),
    "checks",
  ],
  [405, message("not allowed to merge [reason: Does not have enough approvals]"), "approvals"],
  [405, message("not allowed to merge [reason: There are requested changes]"), "changes-requested"],
  [
    405,
    message("not allowed to merge [reason: There are official review requests]"),
    "changes-requested",
  ],
  [
    405,
    message("not allowed to merge [reason: The head branch is behind the base branch]"),
    "moved",
  ],
  [405, message("not allowed to merge [reason: Changed protected files]"), "protected-files"],
  [
    405,
    message("fast-forward-only is not an allowed merge style for this repository"),
    "forbidden",
  ],
  [409, message("head out of date"), "moved"],
  [409, message("merge push out of date"), "moved"],
  [409, message("PushRejected with remote message: the operator says no"), "forbidden"],
  [
    409,
    message(
      "PushRejected with remote message: Forgejo: Not allowed to push to protected branch main and pr #14 is not ready to be merged: not allowed to merge [reason: The head branch is behind the base branch]",
    ),
    "moved",
  ],
  [
    409,
    message(
      "PushRejected with remote message: Forgejo: Not allowed to push to protected branch main and pr #14 is not ready to be merged: not allowed to merge [reason: Does not have enough approvals]",
    ),
    "approvals",
  ],
  [409, message("PushRejected without remote error message"), "not-ready"],
  [409, '{"Style":"rebase","CommitSHA":"1","StdOut":"","StdErr":"CONFLICT","Err":{}}', "conflict"],
  [500, message("Merge DivergingFastForwardOnly Error: exit status 128"), "moved"],
  [500, message("dependencies left"), "dependencies"],
  [500, message("database is locked"), "not-ready"],
  [423, message("repository is archived"), "forbidden"],
  [404, "", "not-ready"],
] as const)("an answer of %i %s means: %s", (status, text, cause) => {
  expect(readMergeAnswer({ status, text })).toMatchObject({ type: "refused", cause });
});
