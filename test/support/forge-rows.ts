/** Rows of the embedded forge in a database of their own, for what decides by rows alone. */
import type { ProtectionSettings } from "../../src/forge/branches/protections.ts";
import { getPull, type Pull } from "../../src/forge/pulls/pulls.ts";
import { getRepository } from "../../src/forge/repositories/repositories.ts";
import { Database } from "../../src/forge/store/database.ts";
import type { RepositoryRow, UserRow } from "../../src/forge/store/rows.ts";
import { getUser } from "../../src/forge/users/users.ts";

const times = { created: 1, updated: 1 };

/** A rule that forbids nothing that write access allows. */
export const openRule: ProtectionSettings = {
  enable_push: true,
  enable_push_whitelist: false,
  enable_merge_whitelist: false,
  enable_status_check: false,
  status_check_contexts: [],
  required_approvals: 0,
  enable_approvals_whitelist: false,
  block_on_rejected_reviews: false,
  block_on_official_review_requests: false,
  block_on_outdated_branch: false,
  dismiss_stale_approvals: false,
  ignore_stale_approvals: false,
  require_signed_commits: false,
  protected_file_patterns: "",
  unprotected_file_patterns: "",
  apply_to_admins: false,
  pushers: [],
  mergers: [],
  approvers: [],
};

export class ForgeRows {
  readonly db = new Database(":memory:");
  #count = 0;

  user(flags: { readonly admin?: number; readonly restricted?: number } = {}): UserRow {
    const login = `user-${++this.#count}`;
    const account = { login, lower_login: login, email: `${login}@x`, password_hash: "" };
    return getUser(this.db, this.db.insert("users", { ...account, ...flags, created: 1 }));
  }

  repository(owner: UserRow, isPrivate = true): RepositoryRow {
    const name = `repository-${++this.#count}`;
    const id = this.db.insert("repositories", {
      owner_id: owner.id,
      name,
      lower_name: name,
      private: Number(isPrivate),
      default_branch: "main",
      settings: "{}",
      ...times,
    });
    return getRepository(this.db, id);
  }

  collaborator(repository: RepositoryRow, user: UserRow, access: string): void {
    const row = { repository_id: repository.id, user_id: user.id, access };
    this.db.insert("collaborators", row);
  }

  /** `created` orders rules of one kind. */
  protect(
    repository: RepositoryRow,
    rule: string,
    { created = 1, ...changes }: Partial<ProtectionSettings> & { readonly created?: number } = {},
  ): void {
    const settings = JSON.stringify({ ...openRule, ...changes });
    const row = { repository_id: repository.id, rule_name: rule, settings, created, updated: 1 };
    this.db.insert("protections", row);
  }

  pull(
    repository: RepositoryRow,
    poster: UserRow,
    { title = "Add tea", closed = 0, ...more }: PullChanges = {},
  ): Pull {
    const issue = this.issue(repository, poster, { title, closed, is_pull: 1 });
    const branches = { head: "fix", base: "main", head_sha: "aa" };
    this.db.insert("pulls", { issue_id: issue, ...branches, ...more });
    return getPull(this.db, issue);
  }

  issue(
    repository: RepositoryRow,
    poster: UserRow,
    { title = "Tea", closed = 0, is_pull = 0 } = {},
  ): number {
    const about = { repository_id: repository.id, number: ++this.#count, poster_id: poster.id };
    return this.db.insert("issues", { ...about, is_pull, title, body: "", closed, ...times });
  }

  review(
    { issue }: Pull,
    reviewer: UserRow,
    changes: Readonly<Record<string, string | number>> = {},
  ): void {
    const row = { state: "APPROVED", body: "", commit_sha: "aa", stale: 0, official: 1 };
    const about = { issue_id: issue.id, reviewer_id: reviewer.id };
    this.db.insert("reviews", { ...about, ...row, ...times, ...changes });
  }

  status(
    repository: RepositoryRow,
    creator: UserRow,
    [state, context = "ci/test"]: readonly [state: string, context?: string],
  ): void {
    const about = { repository_id: repository.id, sha: "aa", number: ++this.#count };
    const told = { context, state, target_url: "", description: "" };
    this.db.insert("statuses", { ...about, ...told, creator_id: creator.id, created: 1 });
  }
}

type PullChanges = Readonly<
  Partial<Record<"title" | "merge_base" | "checked_head", string>> &
    Partial<Record<"closed" | "merged" | "conflicting" | "behind", number>>
>;
