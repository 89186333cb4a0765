/** The database's steps, oldest first. A step that was released never changes; what is new is a new step. */
const first = `
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  login TEXT NOT NULL,
  lower_login TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password_hash TEXT NOT NULL,
  full_name TEXT NOT NULL DEFAULT '',
  website TEXT NOT NULL DEFAULT '',
  location TEXT NOT NULL DEFAULT '',
  pronouns TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT '',
  visibility TEXT NOT NULL DEFAULT 'public',
  admin INTEGER NOT NULL DEFAULT 0,
  active INTEGER NOT NULL DEFAULT 1,
  prohibit_login INTEGER NOT NULL DEFAULT 0,
  restricted INTEGER NOT NULL DEFAULT 0,
  must_change_password INTEGER NOT NULL DEFAULT 0,
  may_create_organizations INTEGER NOT NULL DEFAULT 1,
  max_repositories INTEGER NOT NULL DEFAULT -1,
  created INTEGER NOT NULL,
  last_login INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  last_eight TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created INTEGER NOT NULL,
  UNIQUE (user_id, name)
);
CREATE TABLE oauth_applications (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  client_id TEXT NOT NULL UNIQUE,
  secret_hash TEXT NOT NULL,
  confidential INTEGER NOT NULL,
  redirect_uris TEXT NOT NULL,
  created INTEGER NOT NULL
);
CREATE TABLE repositories (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_id INTEGER NOT NULL REFERENCES users(id),
  name TEXT NOT NULL,
  lower_name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  website TEXT NOT NULL DEFAULT '',
  private INTEGER NOT NULL,
  archived INTEGER NOT NULL DEFAULT 0,
  template INTEGER NOT NULL DEFAULT 0,
  empty INTEGER NOT NULL DEFAULT 1,
  default_branch TEXT NOT NULL,
  settings TEXT NOT NULL,
  last_number INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  UNIQUE (owner_id, lower_name)
);
CREATE TABLE collaborators (
  repository_id INTEGER NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  access TEXT NOT NULL,
  PRIMARY KEY (repository_id, user_id)
);
CREATE TABLE labels (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id INTEGER NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  color TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  exclusive INTEGER NOT NULL DEFAULT 0,
  archived INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX labels_by_name ON labels (repository_id, name);
CREATE TABLE issues (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id INTEGER NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  is_pull INTEGER NOT NULL,
  poster_id INTEGER NOT NULL REFERENCES users(id),
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  ref TEXT NOT NULL DEFAULT '',
  closed INTEGER NOT NULL DEFAULT 0,
  locked INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL DEFAULT 0,
  comments INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  closed_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (repository_id, number)
);
CREATE INDEX issues_by_state ON issues (repository_id, closed, is_pull);
CREATE TABLE issue_labels (
  issue_id INTEGER NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
  label_id INTEGER NOT NULL REFERENCES labels(id) ON DELETE CASCADE,
  PRIMARY KEY (issue_id, label_id)
);
CREATE INDEX issue_labels_by_label ON issue_labels (label_id);
CREATE TABLE issue_assignees (
  issue_id INTEGER NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  PRIMARY KEY (issue_id, user_id)
);
CREATE TABLE issue_dependencies (
  issue_id INTEGER NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
  dependency_id INTEGER NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
  PRIMARY KEY (issue_id, dependency_id)
);
CREATE TABLE comments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issue_id INTEGER NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
  poster_id INTEGER NOT NULL REFERENCES users(id),
  body TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
CREATE INDEX comments_by_issue ON comments (issue_id);
CREATE TABLE pulls (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issue_id INTEGER NOT NULL UNIQUE REFERENCES issues(id) ON DELETE CASCADE,
  head TEXT NOT NULL,
  base TEXT NOT NULL,
  head_sha TEXT NOT NULL,
  maintainers_may_edit INTEGER NOT NULL DEFAULT 0,
  merged INTEGER NOT NULL DEFAULT 0,
  merged_at INTEGER NOT NULL DEFAULT 0,
  merger_id INTEGER REFERENCES users(id),
  merge_commit TEXT NOT NULL DEFAULT '',
  merge_base TEXT NOT NULL DEFAULT '',
  checked_head TEXT NOT NULL DEFAULT '',
  checked_base TEXT NOT NULL DEFAULT '',
  conflicting INTEGER NOT NULL DEFAULT 0,
  behind INTEGER NOT NULL DEFAULT 0,
  changed_files INTEGER NOT NULL DEFAULT 0,
  additions INTEGER NOT NULL DEFAULT 0,
  deletions INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE merge_intents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pull_id INTEGER NOT NULL REFERENCES pulls(id) ON DELETE CASCADE,
  merger_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  commit_sha TEXT NOT NULL
);
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issue_id INTEGER NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
  reviewer_id INTEGER NOT NULL REFERENCES users(id),
  state TEXT NOT NULL,
  body TEXT NOT NULL,
  commit_sha TEXT NOT NULL,
  stale INTEGER NOT NULL,
  official INTEGER NOT NULL,
  dismissed INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
CREATE INDEX reviews_by_issue ON reviews (issue_id);
CREATE TABLE review_comments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  review_id INTEGER NOT NULL REFERENCES reviews(id) ON DELETE CASCADE,
  poster_id INTEGER NOT NULL REFERENCES users(id),
  body TEXT NOT NULL,
  path TEXT NOT NULL,
  line INTEGER NOT NULL,
  commit_sha TEXT NOT NULL,
  diff_hunk TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
CREATE TABLE statuses (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id INTEGER NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
  sha TEXT NOT NULL,
  number INTEGER NOT NULL,
  context TEXT NOT NULL,
  state TEXT NOT NULL,
  target_url TEXT NOT NULL,
  description TEXT NOT NULL,
  creator_id INTEGER NOT NULL REFERENCES users(id),
  created INTEGER NOT NULL,
  UNIQUE (repository_id, sha, number)
);
CREATE TABLE protections (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id INTEGER NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
  rule_name TEXT NOT NULL,
  settings TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  UNIQUE (repository_id, rule_name)
);
`;

/** Up to which commit of the default branch messages were read for "closes #7". */
const second = `ALTER TABLE repositories ADD COLUMN read_tip TEXT NOT NULL DEFAULT '';`;

/** The issue timeline: comments are one type of its entries. */
const third = `
ALTER TABLE comments ADD COLUMN type TEXT NOT NULL DEFAULT 'comment';
ALTER TABLE comments ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
`;

/** What only a site administrator writes about a user, and only they and the user see. */
const fourth = `ALTER TABLE users ADD COLUMN login_name TEXT NOT NULL DEFAULT '';`;

/** The ids of the repositories that a token is limited to, as JSON; null where it is not. */
const fifth = `ALTER TABLE tokens ADD COLUMN repositories TEXT;`;

export const schema: readonly string[] = [first, second, third, fourth, fifth];
