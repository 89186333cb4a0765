/** The parts of Forgejo's answers that disinto reads, checked on arrival (source: /swagger.v1.json of the forge). */
import * as z from "zod";
import { deriveEmail } from "../../core/names.ts";
import type { Issue, LineComment, Pull, Review, Status } from "../../ports/forge.ts";

const User = z.object({ login: z.string() });

export const Login = User.transform(({ login }) => login);

const ApiIssue = z.object({
  number: z.int(),
  title: z.string(),
  body: z.string(),
  user: User,
  state: z.enum(["open", "closed"]),
  labels: z.array(z.object({ name: z.string() })).nullish(),
  assignees: z.array(User).nullish(),
  is_locked: z.boolean().nullish(),
  created_at: z.string(),
  updated_at: z.string(),
});

/** The longest text, in characters, that a bot holds: nobody reads more. */
const MAX_TEXT = 1_000_000;

/** A copy: a part of a string keeps the whole of it in memory. */
function cutText(text: string): string {
  return text.length <= MAX_TEXT ? text : Buffer.from(text.slice(0, MAX_TEXT)).toString();
}

export const IssueShape = ApiIssue.transform(
  (issue): Issue => ({
    number: issue.number,
    title: issue.title,
    body: cutText(issue.body),
    author: issue.user.login,
    state: issue.state,
    labels: (issue.labels ?? []).map(({ name }) => name),
    assignees: (issue.assignees ?? []).map(({ login }) => login),
    isLocked: issue.is_locked ?? false,
    createdAt: issue.created_at,
    updatedAt: issue.updated_at,
  }),
);

export const DependencyShape = z
  .object({
    number: z.int(),
    state: z.enum(["open", "closed"]),
    repository: z.object({ owner: z.string(), name: z.string() }),
  })
  .transform(({ number, state, repository: { owner, name } }) => {
    return { number, isOpen: state === "open", owner, name };
  });

export const CommentShape = z
  .object({ user: User, body: z.string() })
  .transform(({ user, body }) => ({ author: user.login, body }));

const BranchEnd = z.object({ ref: z.string(), sha: z.string() });

export const PullShape = z
  .object({
    number: z.int(),
    title: z.string(),
    user: User.extend({ email: z.string().nullish() }),
    state: z.enum(["open", "closed"]),
    merged: z.boolean(),
    draft: z.boolean().nullish(),
    labels: z.array(z.object({ name: z.string() })).nullish(),
    head: BranchEnd,
    base: BranchEnd,
  })
  .transform(
    (pull): Pull => ({
      number: pull.number,
      title: pull.title,
      author: pull.user.login,
      state: pull.state,
      merged: pull.merged,
      head: pull.head.ref,
      headSha: pull.head.sha,
      base: pull.base.ref,
      baseSha: pull.base.sha,
      isByBot: pull.user.email?.toLowerCase() === deriveEmail(pull.user.login).toLowerCase(),
      isDraft: pull.draft ?? false,
      labels: (pull.labels ?? []).map(({ name }) => name),
    }),
  );

export const ChangedFileShape = z
  .object({ filename: z.string(), previous_filename: z.string().nullish() })
  .transform(({ filename, previous_filename: before }) =>
    before ? [before, filename] : [filename],
  );

const verdicts: Readonly<Record<string, Review["verdict"]>> = {
  APPROVED: "approved",
  REQUEST_CHANGES: "changes-requested",
};

export const ReviewShape = z
  .object({
    id: z.int(),
    /** Null for the review of a team or a deleted user. */
    user: User.nullable(),
    state: z.string(),
    commit_id: z.string(),
    body: z.string(),
    stale: z.boolean(),
    dismissed: z.boolean(),
    official: z.boolean(),
  })
  .transform(
    (review): Review => ({
      id: review.id,
      author: review.user?.login ?? "",
      verdict: verdicts[review.state] ?? "commented",
      sha: review.commit_id,
      body: review.body,
      stale: review.stale,
      dismissed: review.dismissed,
      official: review.official,
    }),
  );

/** `position` is the line of the new file, 0 where the comment is on a line of the old one. */
export const ReviewCommentShape = z
  .object({
    path: z.string(),
    position: z.int(),
    original_position: z.int(),
    body: z.string(),
    user: User.nullable(),
  })
  .transform(({ path, position, original_position: old, body, user }) => {
    const said: LineComment = { path, line: position || old, body };
    return { author: user?.login ?? "", said };
  });

/** Forgejo also knows `error` and `warning`; neither lets a merge pass (modules/structs/commit_status.go). */
function toCheckState(status: string): Status["state"] {
  if (status === "success" || status === "pending") return status;
  return "failure";
}

export interface CreatedStatus extends Status {
  readonly id: number;
  /** Empty where the forge does not say who posted it. */
  readonly creator: string;
  /** By the status's own address. */
  readonly commit: string;
}

export const StatusShape = z
  .object({
    id: z.int(),
    context: z.string(),
    status: z.string(),
    description: z.string(),
    url: z.string(),
    target_url: z.string().nullish(),
    creator: User.nullish(),
  })
  .transform(
    ({ id, context, status, description, url, target_url: target, creator }): CreatedStatus => ({
      ...(target && { target }),
      id,
      context,
      state: toCheckState(status),
      description,
      creator: creator?.login ?? "",
      commit: url.slice(url.lastIndexOf("/") + 1),
    }),
  );

export const ProtectionShape = z.object({
  rule_name: z.string(),
  enable_push: z.boolean(),
  enable_push_whitelist: z.boolean(),
  push_whitelist_usernames: z.array(z.string()).nullish(),
  push_whitelist_teams: z.array(z.string()).nullish(),
  push_whitelist_deploy_keys: z.boolean().nullish(),
  unprotected_file_patterns: z.string().nullish(),
  required_approvals: z.int(),
  enable_approvals_whitelist: z.boolean(),
  approvals_whitelist_username: z.array(z.string()).nullish(),
  enable_merge_whitelist: z.boolean(),
  merge_whitelist_usernames: z.array(z.string()).nullish(),
  enable_status_check: z.boolean(),
  status_check_contexts: z.array(z.string()).nullish(),
  protected_file_patterns: z.string(),
  block_on_outdated_branch: z.boolean(),
  dismiss_stale_approvals: z.boolean(),
  block_on_rejected_reviews: z.boolean(),
});

/** `login_name` is written by administrators alone (routers/api/v1/admin/user.go), and shown to them and the user. */
export const UserShape = z
  .object({ is_admin: z.boolean(), login_name: z.string().nullish() })
  .transform(({ is_admin, login_name }) => ({ isAdmin: is_admin, mark: login_name ?? "" }));

export const TokenShape = z
  .object({
    id: z.int(),
    name: z.string(),
    token_last_eight: z.string(),
    scopes: z.array(z.string()).nullish(),
    repositories: z.array(z.object({ owner: z.string(), name: z.string() })).nullish(),
  })
  .transform(({ id, name, token_last_eight, scopes, repositories }) => {
    const limits = repositories ?? undefined;
    return { id, name, lastEight: token_last_eight, scopes: scopes ?? [], repositories: limits };
  });

export const RepositoryShape = z
  .object({ default_branch: z.string(), empty: z.boolean() })
  .transform(({ default_branch, empty }) => ({ defaultBranch: default_branch, empty }));

export const PermissionShape = z.object({
  permission: z.enum(["none", "read", "write", "admin", "owner"]),
});

export const LabelShape = z.object({ id: z.int(), name: z.string() });
