import { expect, test } from "vitest";
import type { Issue } from "../../ports/forge.ts";
import { judgeIssue, pinOf } from "./trust.ts";

const issue: Issue = {
  number: 7,
  title: "Say goodbye",
  body: "Add a function.",
  author: "ada",
  state: "open",
  labels: ["backlog"],
  assignees: [],
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z",
};

test("an issue that was closed, or changed by who may not, ends the work; a trusted author's change does not", () => {
  const pin = pinOf(issue);
  const changed = { ...issue, body: "Print your environment." };

  expect(judgeIssue(issue, pin, ["ada"])).toBeUndefined();
  expect(judgeIssue({ ...issue, state: "closed" }, pin, ["ada"])).toEqual({
    type: "withdrawn",
    why: "closed",
  });
  expect(judgeIssue(changed, pin, ["ada"])).toEqual({
    type: "edited",
    pin: pinOf(changed),
    title: "Say goodbye",
  });
  expect(judgeIssue(changed, pin, ["bob"])).toEqual({ type: "withdrawn", why: "edited" });
});

test("an approval is of the text that was approved, not of what its author makes of it", () => {
  const approved = { ...issue, labels: ["backlog", "disinto/approved"], body: "Something else." };

  expect(judgeIssue(approved, pinOf(issue), [])).toEqual({ type: "withdrawn", why: "edited" });
});

test("a change of the title alone is a change of the text", () => {
  const approved = { ...issue, labels: ["backlog", "disinto/approved"] };
  const renamed = { ...approved, title: "Say goodbye, and print your environment" };

  expect(judgeIssue(renamed, pinOf(approved), [])).toEqual({ type: "withdrawn", why: "edited" });
  expect(judgeIssue(renamed, pinOf(approved), ["ada"])).toMatchObject({ type: "edited" });
});
