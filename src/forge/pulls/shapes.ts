/** JSON of pull requests, reviews, statuses, branches and protections. */

import { isPattern } from "../../core/glob.ts";
import { mayMerge, mayPush, type Protection, protectionOf } from "../branches/protections.ts";
import type { ForgeContext } from "../forge.ts";
import { type Commit, payloadCommitShape } from "../git/commits.ts";
import {
  iso,
  issuePage,
  repositoryApiUrl,
  repositoryShape,
  timeOrNull,
  userShape,
} from "../http/shapes.ts";
import { conversationShape, isDraft } from "../issues/shape.ts";
import { accessOf, allows } from "../repositories/permission.ts";
import { worstOf } from "../statuses/statuses.ts";
import type { RepositoryRow, ReviewRow, StatusRow, UserRow } from "../store/rows.ts";
import { getUser } from "../users/users.ts";
import { isEmptyPull, type Pull, pullRef } from "./pulls.ts";

export interface PullView {
  readonly pull: Pull;
  readonly viewer: UserRow | undefined;
  /** The repository's current branches. */
  readonly branches: ReadonlyMap<string, string>;
  /** Made once for all pull requests of a list: it counts the repository's issues. */
  readonly repo: ReturnType<typeof repositoryShape>;
}

/** services/convert/pull.go ToAPIPullRequest. */
export function pullShape(forge: ForgeContext, repository: RepositoryRow, view: PullView) {
  const { issue, pull } = view.pull;
  const page = issuePage(forge, repository, issue);
  return {
    ...conversationShape(forge, repository, { issue, viewer: view.viewer }),
    id: pull.id,
    url: page,
    requested_reviewers: null,
    requested_reviewers_teams: null,
    draft: isDraft(issue.title),
    review_comments: reviewComments(forge, view.pull),
    additions: pull.additions,
    deletions: pull.deletions,
    changed_files: pull.changed_files,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    mergeable: (!pull.conflicting || isEmptyPull(pull)) && !isDraft(issue.title),
    ...mergedShape(forge, view.pull),
    allow_maintainer_edit: pull.maintainers_may_edit === 1,
    ...endShapes(repository, view),
    merge_base: pull.merge_base,
    created_at: iso(issue.created),
    updated_at: iso(issue.updated),
    closed_at: timeOrNull(issue.closed_at),
    flow: 0,
  };
}

function mergedShape(forge: ForgeContext, { pull }: Pull) {
  const merged = pull.merged === 1;
  return {
    merged,
    merged_at: timeOrNull(pull.merged_at),
    merge_commit_sha: merged ? pull.merge_commit : null,
    merged_by:
      merged && pull.merger_id !== null
        ? userShape(forge, getUser(forge.db, pull.merger_id))
        : null,
  };
}

function endShapes(repository: RepositoryRow, { pull, branches, repo }: PullView) {
  const head = branches.get(pull.pull.head);
  return {
    base: {
      label: pull.pull.base,
      ref: pull.pull.base,
      sha: branches.get(pull.pull.base) ?? "",
      repo_id: repository.id,
      repo,
    },
    head: {
      label: pull.pull.head,
      ref: head === undefined ? pullRef(pull.issue.number) : pull.pull.head,
      sha: head ?? pull.pull.head_sha,
      repo_id: repository.id,
      repo,
    },
  };
}

function reviewComments(forge: ForgeContext, { issue }: Pull): number {
  const counted = forge.db.get<{ total: number }>(
    `SELECT COUNT(*) AS total FROM review_comments JOIN reviews ON reviews.id = review_id
     WHERE issue_id = ? AND state <> 'PENDING'`,
    issue.id,
  );
  return counted?.total ?? 0;
}

export function reviewShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  { review, pull, viewer }: { review: ReviewRow; pull: Pull; viewer: UserRow | undefined },
) {
  const page = issuePage(forge, repository, pull.issue);
  const counted = forge.db.get<{ total: number }>(
    "SELECT COUNT(*) AS total FROM review_comments WHERE review_id = ?",
    review.id,
  );
  return {
    id: review.id,
    user: userShape(forge, getUser(forge.db, review.reviewer_id), viewer),
    team: null,
    state: review.state,
    body: review.body,
    commit_id: review.commit_sha,
    stale: review.stale === 1,
    official: review.official === 1,
    dismissed: review.dismissed === 1,
    comments_count: counted?.total ?? 0,
    submitted_at: iso(review.created),
    updated_at: iso(review.updated),
    html_url: `${page}#issuecomment-${review.id}`,
    pull_request_url: page,
  };
}

export function statusShape(forge: ForgeContext, repository: RepositoryRow, status: StatusRow) {
  return {
    id: status.number,
    status: status.state,
    target_url: status.target_url,
    description: status.description,
    url: `${repositoryApiUrl(forge, repository)}/statuses/${status.sha}`,
    context: status.context,
    creator: userShape(forge, getUser(forge.db, status.creator_id)),
    created_at: iso(status.created),
    updated_at: iso(status.created),
  };
}

/** services/convert/status.go ToCombinedStatus: an error counts as a failure; without statuses all is empty. */
export function combinedShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  { statuses, viewer }: { statuses: readonly StatusRow[]; viewer: UserRow | undefined },
) {
  const [first] = statuses;
  const none = { sha: "", total_count: 0, statuses: null, repository: null };
  if (!first) return { state: "", ...none, commit_url: "", url: "" };
  const worst = worstOf(statuses.map(({ state }) => state));
  return {
    state: worst === "error" ? "failure" : worst,
    sha: first.sha,
    total_count: statuses.length,
    statuses: statuses.map((status) => statusShape(forge, repository, status)),
    repository: repositoryShape(forge, repository, accessOf(forge.db, repository, viewer)),
    commit_url: "",
    url: "",
  };
}

export function branchShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  { name, commit, viewer }: { name: string; commit: Commit; viewer: UserRow | undefined },
) {
  const protection = protectionOf(forge.db, repository, name);
  const access = accessOf(forge.db, repository, viewer);
  const person = viewer && { user: viewer, access };
  return {
    name,
    commit: payloadCommitShape(forge, repository, commit),
    protected: protection !== undefined,
    required_approvals: protection?.required_approvals ?? 0,
    enable_status_check: protection?.enable_status_check ?? false,
    status_check_contexts: protection?.status_check_contexts ?? [],
    user_can_push: person ? mayPush(protection, person) : false,
    user_can_merge: person ? mayMerge(protection, person) : false,
    effective_branch_protection_name: allows(access, "admin") ? (protection?.rule ?? "") : "",
  };
}

/** Only names of people who may still read the repository are shown (ToBranchProtection). */
export function protectionShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  protection: Protection,
) {
  const { id, rule, created, updated, pushers, mergers, approvers, ...flags } = protection;
  const logins = (ids: readonly number[]) =>
    ids
      .map((userId) => forge.db.get<UserRow>("SELECT * FROM users WHERE id = ?", userId))
      .filter((user) => user !== undefined)
      .filter((user) => allows(accessOf(forge.db, repository, user), "read"))
      .map(({ login }) => login);
  return {
    branch_name: isPattern(rule) ? "" : rule,
    rule_name: rule,
    ...flags,
    push_whitelist_usernames: logins(pushers),
    push_whitelist_teams: [],
    push_whitelist_deploy_keys: false,
    merge_whitelist_usernames: logins(mergers),
    merge_whitelist_teams: [],
    approvals_whitelist_username: logins(approvers),
    approvals_whitelist_teams: [],
    created_at: iso(created),
    updated_at: iso(updated),
  };
}
