/** Whether a pull request may be merged now, in the order of Forgejo's services/pull/check.go and merge.go. */

import { filePatterns, matchesFile } from "../../core/glob.ts";
import { mayMerge, type Protection, protectionOf } from "../branches/protections.ts";
import type { ForgeContext } from "../forge.ts";
import { gitOf } from "../forge.ts";
import { ApiError, notFound } from "../http/api-error.ts";
import { hasOpenDependencies } from "../issues/issues.ts";
import { isDraft } from "../issues/shape.ts";
import { type AccessLevel, allows } from "../repositories/permission.ts";
import { grantedApprovals, isRejected } from "../reviews/reviews.ts";
import { latestStatuses, requiredPass } from "../statuses/statuses.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";
import { isEmptyPull, type Pull } from "./pulls.ts";

export interface Merger {
  readonly user: UserRow;
  readonly access: AccessLevel;
  /** `force_merge`: an administrator passes over the protection. */
  readonly force: boolean;
}

export async function checkMergeable(
  forge: ForgeContext,
  repository: RepositoryRow,
  { pull, merger }: { pull: Pull; merger: Merger },
): Promise<void> {
  if (pull.pull.merged) throw new ApiError(405, "");
  if (pull.issue.closed) throw notFound();
  const protection = protectionOf(forge.db, repository, pull.pull.base);
  if (!mayMerge(protection, merger)) throw new ApiError(405, "User not allowed to merge PR");
  if (isDraft(pull.issue.title)) {
    throw new ApiError(405, "Work in progress PRs cannot be merged");
  }
  if (pull.pull.conflicting && !isEmptyPull(pull.pull)) {
    throw new ApiError(405, "Please try again later");
  }
  if (protection && !skipsProtection(protection, merger)) {
    const reason = await findDisallowed(forge, repository, { pull, protection });
    if (reason !== undefined) throw new ApiError(405, `not allowed to merge [reason: ${reason}]`);
  }
  if (hasOpenDependencies(forge.db, pull.issue)) throw new ApiError(500, "dependencies left");
}

function skipsProtection(protection: Protection, { user, access, force }: Merger): boolean {
  return force && (user.admin === 1 || (!protection.apply_to_admins && allows(access, "admin")));
}

/** CheckPullBranchProtections: the first rule that is not met. */
async function findDisallowed(
  forge: ForgeContext,
  repository: RepositoryRow,
  { pull, protection }: { pull: Pull; protection: Protection },
): Promise<string | undefined> {
  const { db } = forge;
  if (protection.enable_status_check) {
    const statuses = latestStatuses(db, repository, pull.pull.head_sha);
    if (!requiredPass(statuses, protection.status_check_contexts)) {
      return "Not all required status checks successful";
    }
  }
  if (grantedApprovals(db, pull, protection) < protection.required_approvals) {
    return "Does not have enough approvals";
  }
  if (protection.block_on_rejected_reviews && isRejected(db, pull)) {
    return "There are requested changes";
  }
  if (protection.block_on_outdated_branch && pull.pull.behind > 0) {
    return "The head branch is behind the base branch";
  }
  const files = await protectedFiles(forge, repository, { pull, protection });
  return files.length > 0 ? "Changed protected files" : undefined;
}

async function protectedFiles(
  forge: ForgeContext,
  repository: RepositoryRow,
  { pull: { pull }, protection }: { pull: Pull; protection: Protection },
): Promise<string[]> {
  const patterns = filePatterns(protection.protected_file_patterns);
  if (patterns.length === 0) return [];
  const changed = await gitOf(forge, repository).changedFiles(pull.merge_base, pull.head_sha);
  return changed.filter((path) => matchesFile(patterns, path));
}
