import { expect, test } from "vitest";
import { ForgeRows } from "../../../test/support/forge-rows.ts";
import type { ProtectionSettings } from "../branches/protections.ts";
import type { ForgeContext } from "../forge.ts";
import type { AccessLevel } from "../repositories/permission.ts";
import { checkMergeable } from "./merge-check.ts";

interface Situation {
  readonly rule?: Partial<ProtectionSettings> | undefined;
  readonly pull?: Parameters<ForgeRows["pull"]>[2];
  readonly reviews?: readonly Readonly<Record<string, string | number>>[];
  readonly statuses?: readonly (readonly [state: string, context?: string])[];
  /** An issue that the pull request depends on. */
  readonly dependency?: { readonly closed: number };
  readonly access?: AccessLevel;
  readonly isSiteAdministrator?: boolean;
  readonly force?: boolean;
  /** The merger alone is listed, or nobody. */
  readonly mergers?: "listed" | "none";
}

/** Undefined where it may be merged; else the answer. */
async function check(situation: Situation): Promise<readonly [number, string] | undefined> {
  const rows = new ForgeRows();
  const { access = "write", force = false, isSiteAdministrator = false } = situation;
  const owner = rows.user();
  const user = rows.user({ admin: Number(isSiteAdministrator) });
  const repository = rows.repository(owner);
  const { mergers } = situation;
  if (situation.rule || mergers) {
    const listed = mergers === "listed" ? [user.id] : [];
    const whitelist = mergers ? { enable_merge_whitelist: true, mergers: listed } : {};
    rows.protect(repository, "main", { ...situation.rule, ...whitelist });
  }
  const pull = rows.pull(repository, owner, situation.pull);
  for (const review of situation.reviews ?? []) rows.review(pull, rows.user(), review);
  for (const status of situation.statuses ?? []) rows.status(repository, owner, status);
  if (situation.dependency) {
    const dependency_id = rows.issue(repository, owner, situation.dependency);
    rows.db.insert("issue_dependencies", { issue_id: pull.issue.id, dependency_id });
  }
  const forge = { db: rows.db } as unknown as ForgeContext;
  const merger = { user, access, force };
  try {
    await checkMergeable(forge, repository, { pull, merger });
    return undefined;
  } catch (error) {
    const { status, message } = error as { status: number; message: string };
    return [status, message];
  }
}

const refused = (reason: string) => [405, `not allowed to merge [reason: ${reason}]`] as const;
const lacksApprovals = refused("Does not have enough approvals");
const red = refused("Not all required status checks successful");
const later = [405, "Please try again later"] as const;

const situations: readonly (readonly [string, Situation, readonly [number, string] | undefined])[] =
  [
    ["nothing forbids it", {}, undefined],
    ["it is merged", { pull: { merged: 1 } }, [405, ""]],
    ["it is closed", { pull: { closed: 1 } }, [404, "The target couldn't be found."]],
    ["its merger may read", { access: "read" }, [405, "User not allowed to merge PR"]],
    ["its merger is listed", { mergers: "listed", access: "read" }, undefined],
    [
      "others are listed",
      { mergers: "none", access: "owner", force: true },
      [405, "User not allowed to merge PR"],
    ],
    ["a draft", { pull: { title: "WIP: tea" } }, [405, "Work in progress PRs cannot be merged"]],
    ["a conflict", { pull: { conflicting: 1 } }, later],
    [
      "a conflict of nothing",
      { pull: { conflicting: 1, checked_head: "b", merge_base: "b" } },
      undefined,
    ],
    ["a conflict that was not looked at", { pull: { conflicting: 1, merge_base: "" } }, later],
    ["an open dependency", { dependency: { closed: 0 } }, [500, "dependencies left"]],
    ["a closed dependency", { dependency: { closed: 1 } }, undefined],
    ["a rule that asks nothing", { rule: {}, statuses: [["failure"]] }, undefined],
    ["no status", { rule: { enable_status_check: true } }, red],
    ["any green", { rule: { enable_status_check: true }, statuses: [["success"]] }, undefined],
    [
      "one red of two",
      { rule: { enable_status_check: true }, statuses: [["success"], ["failure", "ci/x"]] },
      red,
    ],
    [
      "the required is green",
      {
        rule: { enable_status_check: true, status_check_contexts: ["ci/*"] },
        statuses: [["failure", "other"], ["success"]],
      },
      undefined,
    ],
    [
      "the newest is red",
      {
        rule: { enable_status_check: true, status_check_contexts: ["ci/test"] },
        statuses: [["success"], ["failure"]],
      },
      red,
    ],
    ["no approval", { rule: { required_approvals: 1 } }, lacksApprovals],
    ["one approval", { rule: { required_approvals: 1 }, reviews: [{}] }, undefined],
    ["one of two", { rule: { required_approvals: 2 }, reviews: [{}] }, lacksApprovals],
    [
      "approvals that do not count",
      {
        rule: { required_approvals: 1 },
        reviews: [{ official: 0 }, { dismissed: 1 }, { state: "COMMENT" }],
      },
      lacksApprovals,
    ],
    ["a stale approval", { rule: { required_approvals: 1 }, reviews: [{ stale: 1 }] }, undefined],
    [
      "a stale one where those are ignored",
      { rule: { required_approvals: 1, ignore_stale_approvals: true }, reviews: [{ stale: 1 }] },
      lacksApprovals,
    ],
    [
      "a request for changes",
      { rule: { block_on_rejected_reviews: true }, reviews: [{ state: "REQUEST_CHANGES" }] },
      refused("There are requested changes"),
    ],
    [
      "a stale request for changes",
      {
        rule: { block_on_rejected_reviews: true },
        reviews: [{ state: "REQUEST_CHANGES", stale: 1 }],
      },
      refused("There are requested changes"),
    ],
    [
      "requests that do not count",
      {
        rule: { block_on_rejected_reviews: true },
        reviews: [
          { state: "REQUEST_CHANGES", official: 0 },
          { state: "REQUEST_CHANGES", dismissed: 1 },
        ],
      },
      undefined,
    ],
    [
      "a request that is let pass",
      { rule: {}, reviews: [{ state: "REQUEST_CHANGES" }] },
      undefined,
    ],
    [
      "an outdated branch",
      { rule: { block_on_outdated_branch: true }, pull: { behind: 1 } },
      refused("The head branch is behind the base branch"),
    ],
    ["a new branch", { rule: { block_on_outdated_branch: true } }, undefined],
    ["one that is behind", { rule: {}, pull: { behind: 1 } }, undefined],
    [
      "a repository's administrator who forces",
      { rule: { required_approvals: 1 }, access: "admin", force: true },
      undefined,
    ],
    ["one who does not", { rule: { required_approvals: 1 }, access: "admin" }, lacksApprovals],
    [
      "a writer who forces",
      { rule: { required_approvals: 1 }, access: "write", force: true },
      lacksApprovals,
    ],
    [
      "an administrator whom the rule binds",
      { rule: { required_approvals: 1, apply_to_admins: true }, access: "admin", force: true },
      lacksApprovals,
    ],
    [
      "a site administrator whom nothing binds",
      {
        rule: { required_approvals: 1, apply_to_admins: true },
        access: "write",
        force: true,
        isSiteAdministrator: true,
      },
      undefined,
    ],
    [
      "a site administrator who does not force",
      { rule: { required_approvals: 1 }, access: "owner", isSiteAdministrator: true },
      lacksApprovals,
    ],
    [
      "the status before the approval",
      { rule: { enable_status_check: true, required_approvals: 1 } },
      red,
    ],
  ];

test.each(situations)("a merge with %s", async (_, situation, expected) => {
  expect(await check(situation)).toEqual(expected);
});
