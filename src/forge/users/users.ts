/** Users and their tokens. Rules and messages: Forgejo's models/user/user.go, routers/api/v1/admin/user.go. */
import { ApiError, invalid } from "../http/api-error.ts";
import { bit, type Database, now } from "../store/database.ts";
import type { RepositoryRow, TokenRow, UserRow } from "../store/rows.ts";
import { hashPassword, hashToken, newToken } from "./secrets.ts";
import { isPublicOnly, normalizeScopes } from "./token-scopes.ts";

export interface NewUser {
  readonly login: string;
  readonly email: string;
  readonly loginName?: string | undefined;
  readonly password: string;
  readonly fullName?: string;
  readonly admin?: boolean;
  readonly restricted?: boolean;
  readonly visibility?: string;
  readonly mustChangePassword: boolean;
}

export function findUser(db: Database, login: string): UserRow | undefined {
  return db.get<UserRow>("SELECT * FROM users WHERE lower_login = ?", login.toLowerCase());
}

export function getUser(db: Database, id: number): UserRow {
  const user = db.get<UserRow>("SELECT * FROM users WHERE id = ?", id);
  if (!user) throw new Error(`no user has the id ${id}`);
  return user;
}

export function findUserByEmail(db: Database, email: string): UserRow | undefined {
  return db.get<UserRow>("SELECT * FROM users WHERE email = ?", email);
}

export function noSuchUser(login: string): string {
  return `user does not exist [uid: 0, name: ${login}]`;
}

export async function createUser(db: Database, user: NewUser): Promise<UserRow> {
  checkLogin(user.login);
  if (!/^[^\s@]+@[^\s@]+$/.test(user.email)) {
    throw invalid(`e-mail invalid [email: ${user.email}]`);
  }
  checkPassword(user.password, "PasswordIsRequired");
  const hash = await hashPassword(user.password);
  return db.transaction(() => insertUser(db, user, hash));
}

function insertUser(db: Database, user: NewUser, hash: string): UserRow {
  if (findUser(db, user.login)) throw invalid(`user already exists [name: ${user.login}]`);
  if (findUserByEmail(db, user.email)) {
    throw invalid(`e-mail already in use [email: ${user.email}]`);
  }
  const id = db.insert("users", {
    login: user.login,
    lower_login: user.login.toLowerCase(),
    email: user.email,
    login_name: user.loginName ?? "",
    password_hash: hash,
    full_name: user.fullName ?? "",
    visibility: user.visibility || "public",
    admin: bit(user.admin ?? false),
    restricted: bit(user.restricted ?? false),
    must_change_password: bit(user.mustChangePassword),
    created: now(),
  });
  return getUser(db, id);
}

/** A part of Forgejo's list: what would collide with a path of the server. */
const reservedLogins = new Set(
  "admin api assets attachments avatar avatars captcha commits debug devtest error explore favicon.ico ghost issues login manifest.json metrics milestones new notifications org pulls raw repo repo-avatars robots.txt search serviceworker.js ssh_info stars swagger.v1.json user v2 gitea-actions forgejo-actions".split(
    " ",
  ),
);

function checkLogin(login: string): void {
  if (!/^[\da-zA-Z][-.\w]*$/.test(login) || /[-._]{2,}|[-._]$/.test(login)) {
    throw invalid(
      `name is invalid [${login}]: must be valid alpha or numeric or dash(-_) or dot characters`,
    );
  }
  if (reservedLogins.has(login.toLowerCase())) throw invalid(`name is reserved [name: ${login}]`);
}

const minimalPassword = 8;

function checkPassword(password: string, message: string): void {
  if (password.length < minimalPassword) throw new ApiError(400, message);
}

/** `services/user/delete.go`: nobody who owns repositories goes, nor the last administrator. */
export function deleteUser(db: Database, user: UserRow): void {
  db.transaction(() => {
    if (db.get("SELECT 1 FROM repositories WHERE owner_id = ?", user.id)) {
      throw invalid(`user still has ownership of repositories [uid: ${user.id}]`);
    }
    if (user.admin) requireOtherAdministrator(db, user);
    reassignToGhost(db, user.id);
    db.run("DELETE FROM users WHERE id = ?", user.id);
  });
}

export function requireOtherAdministrator(db: Database, user: UserRow): void {
  if (db.get("SELECT 1 FROM users WHERE admin = 1 AND id <> ?", user.id)) return;
  throw invalid(`can not delete the last admin user [uid: ${user.id}]`);
}

/** What a deleted user wrote stays, by a user nobody can sign in as. */
function reassignToGhost(db: Database, userId: number): void {
  const ghost = findUser(db, "ghost")?.id ?? createGhost(db);
  const written: readonly (readonly [table: string, column: string])[] = [
    ["issues", "poster_id"],
    ["comments", "poster_id"],
    ["reviews", "reviewer_id"],
    ["review_comments", "poster_id"],
    ["statuses", "creator_id"],
    ["pulls", "merger_id"],
  ];
  for (const [table, column] of written) {
    db.run(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`, ghost, userId);
  }
}

function createGhost(db: Database): number {
  return db.insert("users", {
    login: "Ghost",
    lower_login: "ghost",
    email: "ghost@noreply.localhost",
    password_hash: "",
    prohibit_login: 1,
    created: now(),
  });
}

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly string[];
  /** What the token is limited to; without it to nothing. */
  readonly repositories?: readonly RepositoryRow[] | undefined;
}

/** Answers the token itself, which is shown once and stored only as a hash. */
export function createToken(
  db: Database,
  user: UserRow,
  { name, scopes, repositories }: NewToken,
): { row: TokenRow; token: string } {
  const normal = normalizeScopes(scopes);
  if (normal === "") throw new ApiError(400, "access token must have a scope");
  if (repositories) checkLimited(normal, repositories);
  const token = newToken();
  const row = db.transaction(() => {
    if (db.get("SELECT 1 FROM tokens WHERE user_id = ? AND name = ?", user.id, name)) {
      throw new ApiError(400, "access token name has been used already");
    }
    const id = db.insert("tokens", {
      user_id: user.id,
      name,
      hash: hashToken(token),
      last_eight: token.slice(-8),
      scopes: normal,
      repositories: repositories ? JSON.stringify(repositories.map(({ id }) => id)) : null,
      created: now(),
    });
    return db.get<TokenRow>("SELECT * FROM tokens WHERE id = ?", id);
  });
  if (!row) throw new Error("the token that was just made is gone");
  return { row, token };
}

/** What has another resource than repositories would not be limited by them (services/authz/access_token.go). */
const limitable = new Set(["read:issue", "write:issue", "read:repository", "write:repository"]);

function checkLimited(scopes: string, repositories: readonly RepositoryRow[]): void {
  const refuse = (what: string): never => {
    throw new ApiError(400, `Access tokens with specified repositories ${what}`);
  };
  if (repositories.length === 0) refuse("must have at least one repository.");
  if (isPublicOnly(scopes)) refuse("cannot be combined with the public-only scope.");
  if (scopes.split(",").every((scope) => limitable.has(scope))) return;
  const all = "read:issue, write:issue, read:repository, and write:repository";
  refuse(`can only be used with the ${all} scopes.`);
}

export async function changePassword(
  db: Database,
  user: UserRow,
  { password, mustChange }: { password: string; mustChange: boolean },
): Promise<void> {
  checkPassword(password, `password must be at least ${minimalPassword} characters`);
  const hash = await hashPassword(password);
  db.update("users", user.id, { password_hash: hash, must_change_password: bit(mustChange) });
}
