import { expect, test } from "vitest";
import { ForgeRows } from "../../../test/support/forge-rows.ts";
import { protectionsOf } from "../branches/protections.ts";
import type { AccessLevel } from "../repositories/permission.ts";
import { pushEnvironment } from "./pre-receive.ts";

const rows = new ForgeRows();
const owner = rows.user();
const [ada, bob] = [rows.user(), rows.user()];
const repository = rows.repository(owner);
rows.protect(repository, "main", {
  created: 1,
  enable_push_whitelist: true,
  pushers: [ada.id],
  protected_file_patterns: "deploy/**;.woodpecker/*.yml",
  unprotected_file_patterns: "docs/*.md",
});
rows.protect(repository, "release/*", { created: 2 });

function environmentOf(user: typeof ada, access: AccessLevel) {
  return pushEnvironment(repository, protectionsOf(rows.db, repository), { user, access });
}

test("the hook is told who may write, and for each rule who may push and what no push may change", () => {
  const told = environmentOf(ada, "write");

  expect(told).toMatchObject({
    DISINTO_MAY_WRITE: "1",
    DISINTO_DEFAULT_BRANCH: "main",
    DISINTO_RULE_1_PUSH: "1",
    DISINTO_RULE_2_PUSH: "1",
    DISINTO_RULE_2_FILES: "",
    DISINTO_RULE_2_OPEN: "",
  });
  expect(Object.keys(told)).toHaveLength(9);
});

test.each([
  ["bob", "write", ["1", "0", "1"]],
  ["bob", "read", ["0", "0", "0"]],
  ["ada", "read", ["0", "1", "0"]],
] as const)("%s with %s access is told: write, rule 1, rule 2: %j", (who, access, expected) => {
  const told = environmentOf(who === "ada" ? ada : bob, access);

  const keys = ["DISINTO_MAY_WRITE", "DISINTO_RULE_1_PUSH", "DISINTO_RULE_2_PUSH"];
  expect(keys.map((key) => told[key])).toEqual(expected);
});

test("rules and files are patterns that match whole names, as grep and awk read them", () => {
  const told = environmentOf(ada, "write");
  const rules = (told.DISINTO_RULES ?? "").split("\n").map((source) => new RegExp(source));
  const match = (branch: string) => rules.map((rule) => rule.test(branch));
  expect(match("main")).toEqual([true, false]);
  expect(match("Main")).toEqual([true, false]);
  expect(match("maintenance")).toEqual([false, false]);
  expect(match("release/1")).toEqual([false, true]);
  expect(match("old/release/1")).toEqual([false, false]);

  const files = new RegExp(told.DISINTO_RULE_1_FILES ?? "");
  const open = new RegExp(told.DISINTO_RULE_1_OPEN ?? "");
  expect(["deploy/a", ".woodpecker/test.yml"].every((name) => files.test(name))).toBe(true);
  expect(["adeploy/a", "deploy", ".woodpecker/test.yml.txt"].some((name) => files.test(name))).toBe(
    false,
  );
  expect(["docs/a.md", "xdocs/a.md"].map((name) => open.test(name))).toEqual([true, false]);
  // A star ends at a slash, and in a file's name at a dot too.
  expect(["docs/a.b.md", "docs/x/a.md"].map((name) => open.test(name))).toEqual([false, false]);
  expect(match("release/1/2")).toEqual([false, false]);
  expect(match("release/1.2")).toEqual([false, true]);
});
