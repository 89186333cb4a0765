/** Branch protection: which rule applies to a branch, and what it says about a user (models/git/protected_branch.go). */

import { globMatches, isPattern } from "../../core/glob.ts";
import { type AccessLevel, allows } from "../repositories/permission.ts";
import type { Database } from "../store/database.ts";
import type { ProtectionRow, RepositoryRow, UserRow } from "../store/rows.ts";

/** The flags carry the names of Forgejo's API; the lists hold user ids. */
export interface ProtectionSettings {
  readonly enable_push: boolean;
  readonly enable_push_whitelist: boolean;
  readonly enable_merge_whitelist: boolean;
  readonly enable_status_check: boolean;
  readonly status_check_contexts: readonly string[];
  readonly required_approvals: number;
  readonly enable_approvals_whitelist: boolean;
  readonly block_on_rejected_reviews: boolean;
  readonly block_on_official_review_requests: boolean;
  readonly block_on_outdated_branch: boolean;
  readonly dismiss_stale_approvals: boolean;
  readonly ignore_stale_approvals: boolean;
  readonly require_signed_commits: boolean;
  readonly protected_file_patterns: string;
  readonly unprotected_file_patterns: string;
  readonly apply_to_admins: boolean;
  readonly pushers: readonly number[];
  readonly mergers: readonly number[];
  readonly approvers: readonly number[];
}

export interface Protection extends ProtectionSettings {
  readonly id: number;
  readonly rule: string;
  readonly created: number;
  readonly updated: number;
}

function toProtection(row: ProtectionRow): Protection {
  const settings = JSON.parse(row.settings) as ProtectionSettings;
  return {
    ...settings,
    id: row.id,
    rule: row.rule_name,
    created: row.created,
    updated: row.updated,
  };
}

/** Plain names before patterns, then the older rule first (protected_branch_list.go). */
export function protectionsOf(db: Database, repository: RepositoryRow): Protection[] {
  return db
    .all<ProtectionRow>(
      "SELECT * FROM protections WHERE repository_id = ? ORDER BY created, id",
      repository.id,
    )
    .map(toProtection)
    .toSorted((left, right) => Number(isPattern(left.rule)) - Number(isPattern(right.rule)));
}

export function findProtection(
  db: Database,
  repository: RepositoryRow,
  rule: string,
): Protection | undefined {
  const row = db.get<ProtectionRow>(
    "SELECT * FROM protections WHERE repository_id = ? AND rule_name = ?",
    repository.id,
    rule,
  );
  return row && toProtection(row);
}

export function protectionOf(
  db: Database,
  repository: RepositoryRow,
  branch: string,
): Protection | undefined {
  return protectionsOf(db, repository).find(({ rule }) => appliesTo(rule, branch));
}

function appliesTo(rule: string, branch: string): boolean {
  if (!isPattern(rule)) return rule.toLowerCase() === branch.toLowerCase();
  return globMatches(rule, "/", branch);
}

interface Actor {
  readonly user: UserRow;
  readonly access: AccessLevel;
}

export function mayPush(protection: Protection | undefined, { user, access }: Actor): boolean {
  if (!protection) return allows(access, "write");
  if (!protection.enable_push) return false;
  if (!protection.enable_push_whitelist) return allows(access, "write");
  return protection.pushers.includes(user.id);
}

export function mayMerge(protection: Protection | undefined, { user, access }: Actor): boolean {
  if (!protection?.enable_merge_whitelist) return allows(access, "write");
  return protection.mergers.includes(user.id);
}

/** Whether a review of this user counts (IsOfficialReviewer). */
export function isOfficial(protection: Protection | undefined, { user, access }: Actor): boolean {
  if (!protection?.enable_approvals_whitelist) return allows(access, "write");
  return protection.approvers.includes(user.id);
}
