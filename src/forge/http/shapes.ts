/** JSON shapes of users, repositories, labels and comments, property by property as Forgejo's modules/structs. */
import type { ForgeContext } from "../forge.ts";
import { type AccessLevel, allows } from "../repositories/permission.ts";
import { allRepositories, mergeStyles, settingsOf } from "../repositories/repositories.ts";
import type {
  CommentRow,
  IssueRow,
  LabelRow,
  RepositoryRow,
  TokenRow,
  UserRow,
} from "../store/rows.ts";
import { getUser } from "../users/users.ts";

/** RFC 3339 in UTC, whole seconds. */
export function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** Go's zero time. */
const zeroTime = "0001-01-01T00:00:00Z";

export function timeOrNull(seconds: number): string | null {
  return seconds === 0 ? null : iso(seconds);
}

/** services/convert/user.go: only the user and administrators see the account's inner state. */
export function userShape(forge: ForgeContext, user: UserRow, viewer?: UserRow) {
  return personShape(forge, user, {
    signed: viewer !== undefined,
    intimate: viewer !== undefined && (viewer.id === user.id || viewer.admin === 1),
  });
}

function personShape(
  forge: ForgeContext,
  user: UserRow,
  { signed, intimate }: { signed: boolean; intimate: boolean },
) {
  return {
    id: user.id,
    login: user.login,
    login_name: intimate ? user.login_name : "",
    source_id: 0,
    full_name: user.full_name,
    email: signed ? user.email : `${user.lower_login}@noreply.localhost`,
    avatar_url: `${forge.url}/user/avatar/${user.login}/-1`,
    html_url: `${forge.url}/${user.login}`,
    language: "",
    is_admin: intimate && user.admin === 1,
    last_login: intimate ? iso(user.last_login) : zeroTime,
    created: iso(user.created),
    restricted: user.restricted === 1,
    active: intimate && user.active === 1,
    prohibit_login: intimate && user.prohibit_login === 1,
    location: user.location,
    pronouns: user.pronouns,
    website: user.website,
    description: user.description,
    visibility: user.visibility,
    followers_count: 0,
    following_count: 0,
    starred_repos_count: 0,
    username: user.login,
  };
}

/** The newest structs (17.0) tell more about a token than older ones. */
export function tokenShape(forge: ForgeContext, row: TokenRow, token = "") {
  return {
    id: row.id,
    name: row.name,
    sha1: token,
    token_last_eight: row.last_eight,
    scopes: row.scopes.split(","),
    created_at: iso(row.created),
    repositories: row.repositories === null ? null : describe(forge, JSON.parse(row.repositories)),
  };
}

/** What was deleted is no longer told. */
function describe({ db }: ForgeContext, ids: readonly number[]) {
  return allRepositories(db)
    .filter(({ id }) => ids.includes(id))
    .map(({ id, name, owner_login: owner }) => ({
      id,
      name,
      owner,
      full_name: `${owner}/${name}`,
    }));
}

export function repositoryUrl(forge: ForgeContext, { owner_login, name }: RepositoryRow): string {
  return `${forge.url}/${owner_login}/${name}`;
}

export function repositoryApiUrl(
  forge: ForgeContext,
  { owner_login, name }: RepositoryRow,
): string {
  return `${forge.url}/api/v1/repos/${owner_login}/${name}`;
}

export function repositoryShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  access: AccessLevel,
) {
  const page = repositoryUrl(forge, repository);
  const host = new URL(forge.url).hostname;
  const address = `${repository.owner_login}/${repository.name}`;
  return {
    ...identityShape(forge, repository, access),
    languages_url: `${repositoryApiUrl(forge, repository)}/languages`,
    html_url: page,
    url: repositoryApiUrl(forge, repository),
    link: "",
    ssh_url: `git@${host}:${address}.git`,
    clone_url: `${page}.git`,
    wiki_ssh_url: `git@${host}:${address}.wiki.git`,
    wiki_clone_url: `${page}.wiki.git`,
    ...countShape(forge, repository),
    created_at: iso(repository.created),
    updated_at: iso(repository.updated),
    archived_at: iso(0),
    permissions: {
      admin: allows(access, "admin"),
      push: allows(access, "write"),
      pull: allows(access, "read"),
    },
    ...unitShape(repository),
    ...mergeShape(repository),
    avatar_url: "",
    internal: false,
    mirror_interval: "",
    mirror_updated: zeroTime,
    object_format_name: "sha1",
    repo_transfer: null,
    topics: [],
  };
}

function identityShape(forge: ForgeContext, repository: RepositoryRow, access: AccessLevel) {
  const owner = getUser(forge.db, repository.owner_id);
  return {
    id: repository.id,
    owner: personShape(forge, owner, { signed: access !== "none", intimate: false }),
    name: repository.name,
    full_name: `${repository.owner_login}/${repository.name}`,
    description: repository.description,
    website: repository.website,
    original_url: "",
    default_branch: repository.default_branch,
    private: repository.private === 1,
    archived: repository.archived === 1,
    template: repository.template === 1,
    empty: repository.empty === 1,
    fork: false,
    parent: null,
    mirror: false,
    size: 0,
    language: "",
  };
}

function countShape(forge: ForgeContext, repository: RepositoryRow) {
  const open = forge.db.get<{ issues: number; pulls: number }>(
    `SELECT COUNT(*) - COALESCE(SUM(is_pull), 0) AS issues, COALESCE(SUM(is_pull), 0) AS pulls
     FROM issues WHERE repository_id = ? AND closed = 0`,
    repository.id,
  );
  return {
    stars_count: 0,
    forks_count: 0,
    watchers_count: 1,
    open_issues_count: open?.issues ?? 0,
    open_pr_counter: open?.pulls ?? 0,
    release_counter: 0,
  };
}

function unitShape(repository: RepositoryRow) {
  const settings = settingsOf(repository);
  return {
    has_issues: true,
    internal_tracker: {
      enable_time_tracker: true,
      allow_only_contributors_to_track_time: true,
      enable_issue_dependencies: true,
    },
    has_wiki: settings.hasWiki,
    has_wiki_contents: false,
    wiki_branch: "main",
    globally_editable_wiki: false,
    has_pull_requests: true,
    has_projects: settings.hasProjects,
    has_releases: settings.hasReleases,
    has_packages: settings.hasPackages,
    has_actions: settings.hasActions,
  };
}

function mergeShape(repository: RepositoryRow) {
  const settings = settingsOf(repository);
  const allowed = new Set(settings.mergeStyles);
  return {
    ignore_whitespace_conflicts: settings.ignoreWhitespaceConflicts,
    allow_merge_commits: allowed.has("merge"),
    allow_rebase: allowed.has("rebase"),
    allow_rebase_explicit: allowed.has("rebase-merge"),
    allow_squash_merge: allowed.has("squash"),
    allow_fast_forward_only_merge: allowed.has("fast-forward-only"),
    allow_rebase_update: settings.allowRebaseUpdate,
    default_delete_branch_after_merge: settings.deleteBranchAfterMerge,
    default_merge_style: settings.defaultMergeStyle ?? mergeStyles[0],
    default_update_style: "merge",
    default_allow_maintainer_edit: settings.allowMaintainerEdit,
  };
}

export function labelShape(forge: ForgeContext, repository: RepositoryRow, label: LabelRow) {
  return {
    id: label.id,
    name: label.name,
    exclusive: label.exclusive === 1,
    is_archived: label.archived === 1,
    color: label.color.replace(/^#/, ""),
    description: label.description,
    url: `${repositoryApiUrl(forge, repository)}/labels/${label.id}`,
  };
}

export function issuePage(forge: ForgeContext, repository: RepositoryRow, issue: IssueRow): string {
  const kind = issue.is_pull ? "pulls" : "issues";
  return `${repositoryUrl(forge, repository)}/${kind}/${issue.number}`;
}

export function commentShape(
  forge: ForgeContext,
  repository: RepositoryRow,
  { comment, issue }: { comment: CommentRow; issue: IssueRow },
) {
  const page = issuePage(forge, repository, issue);
  return {
    id: comment.id,
    html_url: `${page}#issuecomment-${comment.id}`,
    pull_request_url: issue.is_pull ? page : "",
    issue_url: issue.is_pull ? "" : page,
    user: userShape(forge, getUser(forge.db, comment.poster_id)),
    original_author: "",
    original_author_id: 0,
    body: comment.body,
    assets: [],
    created_at: iso(comment.created),
    updated_at: iso(comment.updated),
  };
}
