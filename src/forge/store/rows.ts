/** The tables' rows as SQLite gives them: booleans are 0 or 1, times are seconds, JSON is text. */
export interface UserRow {
  readonly id: number;
  readonly login: string;
  readonly lower_login: string;
  readonly email: string;
  readonly login_name: string;
  readonly password_hash: string;
  readonly full_name: string;
  readonly website: string;
  readonly location: string;
  readonly pronouns: string;
  readonly description: string;
  readonly visibility: string;
  readonly admin: number;
  readonly active: number;
  readonly prohibit_login: number;
  readonly restricted: number;
  readonly must_change_password: number;
  readonly max_repositories: number;
  readonly created: number;
  readonly last_login: number;
}

export interface TokenRow {
  readonly id: number;
  readonly user_id: number;
  readonly name: string;
  readonly last_eight: string;
  readonly scopes: string;
  /** JSON list of ids; null: all that the user may reach. */
  readonly repositories: string | null;
  readonly created: number;
}

export interface RepositoryRow {
  readonly id: number;
  readonly owner_id: number;
  readonly owner_login: string;
  readonly name: string;
  readonly description: string;
  readonly website: string;
  readonly private: number;
  readonly archived: number;
  readonly template: number;
  readonly empty: number;
  readonly default_branch: string;
  readonly read_tip: string;
  readonly settings: string;
  readonly created: number;
  readonly updated: number;
}

export interface LabelRow {
  readonly id: number;
  readonly repository_id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string;
  readonly exclusive: number;
  readonly archived: number;
}

export interface IssueRow {
  readonly id: number;
  readonly repository_id: number;
  readonly number: number;
  readonly is_pull: number;
  readonly poster_id: number;
  readonly title: string;
  readonly body: string;
  readonly ref: string;
  readonly closed: number;
  readonly locked: number;
  readonly due: number;
  readonly comments: number;
  readonly created: number;
  readonly updated: number;
  readonly closed_at: number;
}

/** Any entry of the timeline; `details` is empty in one of type `comment`. */
export interface CommentRow {
  readonly id: number;
  readonly issue_id: number;
  readonly poster_id: number;
  readonly type: string;
  readonly body: string;
  readonly details: string;
  readonly created: number;
  readonly updated: number;
}

export interface PullRow {
  readonly id: number;
  readonly issue_id: number;
  readonly head: string;
  readonly base: string;
  /** What refs/pull/N/head points at. */
  readonly head_sha: string;
  readonly maintainers_may_edit: number;
  readonly merged: number;
  readonly merged_at: number;
  readonly merger_id: number | null;
  readonly merge_commit: string;
  readonly merge_base: string;
  readonly checked_head: string;
  readonly checked_base: string;
  readonly conflicting: number;
  readonly behind: number;
  readonly changed_files: number;
  readonly additions: number;
  readonly deletions: number;
}

export type ReviewState = "APPROVED" | "REQUEST_CHANGES" | "COMMENT" | "PENDING";

export interface ReviewRow {
  readonly id: number;
  readonly issue_id: number;
  readonly reviewer_id: number;
  readonly state: ReviewState;
  readonly body: string;
  readonly commit_sha: string;
  readonly stale: number;
  readonly official: number;
  readonly dismissed: number;
  readonly created: number;
  readonly updated: number;
}

export type StatusState = "pending" | "success" | "error" | "failure" | "warning";

export interface StatusRow {
  readonly id: number;
  readonly repository_id: number;
  readonly sha: string;
  readonly number: number;
  readonly context: string;
  readonly state: StatusState;
  readonly target_url: string;
  readonly description: string;
  readonly creator_id: number;
  readonly created: number;
}

export interface ProtectionRow {
  readonly id: number;
  readonly repository_id: number;
  readonly rule_name: string;
  readonly settings: string;
  readonly created: number;
  readonly updated: number;
}
