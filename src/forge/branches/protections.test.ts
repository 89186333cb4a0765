import { expect, test } from "vitest";
import { ForgeRows, openRule } from "../../../test/support/forge-rows.ts";
import type { AccessLevel } from "../repositories/permission.ts";
import {
  findProtection,
  isOfficial,
  mayMerge,
  mayPush,
  type Protection,
  type ProtectionSettings,
  protectionOf,
  protectionsOf,
} from "./protections.ts";

const rows = new ForgeRows();
const owner = rows.user();
const [ada, bob] = [rows.user(), rows.user()];

function rule(changes: Partial<ProtectionSettings>): Protection {
  return { ...openRule, ...changes, id: 1, rule: "main", created: 1, updated: 1 };
}

/** What Ada with this access, and Bob with the same, may. */
function ask(may: typeof mayPush, protection: Protection | undefined, access: AccessLevel) {
  return [ada, bob].map((user) => may(protection, { user, access }));
}

test.each([
  ["no rule", undefined, "write", [true, true]],
  ["no rule", undefined, "read", [false, false]],
  ["no pushes", { enable_push: false }, "admin", [false, false]],
  [
    "no pushes",
    { enable_push: false, enable_push_whitelist: true, pushers: [ada.id] },
    "admin",
    [false, false],
  ],
  ["pushes", {}, "write", [true, true]],
  ["pushes", {}, "read", [false, false]],
  ["a list that is off", { pushers: [ada.id] }, "write", [true, true]],
  ["a list", { enable_push_whitelist: true, pushers: [ada.id] }, "write", [true, false]],
  ["a list without anybody", { enable_push_whitelist: true }, "owner", [false, false]],
] as const)("a push by %s (%j) with %s access: %j", (...[, changes, access, expected]) => {
  expect(ask(mayPush, changes && rule(changes), access)).toEqual(expected);
});

test.each([
  ["merge", mayMerge, "enable_merge_whitelist", "mergers"],
  ["review that counts", isOfficial, "enable_approvals_whitelist", "approvers"],
] as const)(
  "a %s is by who may write, or by who is listed where a list is on",
  (...[, may, flag, list]) => {
    expect(ask(may, undefined, "write")).toEqual([true, true]);
    expect(ask(may, undefined, "read")).toEqual([false, false]);
    expect(ask(may, rule({ [list]: [ada.id] }), "write")).toEqual([true, true]);
    expect(ask(may, rule({ [list]: [ada.id] }), "read")).toEqual([false, false]);
    expect(ask(may, rule({ [flag]: true, [list]: [ada.id] }), "write")).toEqual([true, false]);
    expect(ask(may, rule({ [flag]: true, [list]: [ada.id] }), "read")).toEqual([true, false]);
    expect(ask(may, rule({ [flag]: true }), "owner")).toEqual([false, false]);
  },
);

test("plain names come before patterns, then the older rule; another repository's rules never", () => {
  const [one, other] = [rows.repository(owner), rows.repository(owner)];
  rows.protect(one, "release/*", { created: 1 });
  rows.protect(one, "*", { created: 2 });
  rows.protect(one, "main", { created: 4, required_approvals: 2 });
  rows.protect(one, "release/1", { created: 3 });
  rows.protect(other, "main", { created: 1 });

  expect(protectionsOf(rows.db, one).map((found) => found.rule)).toEqual([
    "release/1",
    "main",
    "release/*",
    "*",
  ]);
  const ruleOf = (branch: string) => protectionOf(rows.db, one, branch)?.rule;
  expect(["main", "MAIN", "release/1", "release/2", "fix", "fix/1"].map(ruleOf)).toEqual([
    "main",
    "main",
    "release/1",
    "release/*",
    "*",
    undefined,
  ]);
  expect(findProtection(rows.db, one, "main")).toMatchObject({
    rule: "main",
    required_approvals: 2,
    created: 4,
    updated: 1,
  });
  expect(findProtection(rows.db, one, "mai")).toBeUndefined();
  expect(findProtection(rows.db, other, "*")).toBeUndefined();
});
