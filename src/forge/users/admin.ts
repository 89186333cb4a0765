/** Administration without the server, on the same database file; what the commands of `disinto forge admin` do. */
import { mkdir } from "node:fs/promises";
import { DisintoError } from "../../errors.ts";
import { ApiError } from "../http/api-error.ts";
import { databaseFile } from "../serve.ts";
import { Database } from "../store/database.ts";
import type { UserRow } from "../store/rows.ts";
import { randomPassword } from "./secrets.ts";
import { createToken, createUser, findUser, noSuchUser } from "./users.ts";

export interface NewAccount {
  readonly username: string;
  readonly email: string;
  readonly admin: boolean;
  /** The password; a random one is created if it is missing. */
  readonly password?: string | undefined;
  /** Default as Forgejo's: not for the very first user. */
  readonly mustChangePassword?: boolean | undefined;
}

/** Answers the lines that Forgejo prints (cmd/admin_user_create.go). */
export async function createAccount(folder: string, account: NewAccount): Promise<string[]> {
  return await withDatabase(folder, async (db) => {
    const password = account.password ?? randomPassword();
    const first = db.get("SELECT 1 FROM users LIMIT 1") === undefined;
    await createUser(db, {
      login: account.username,
      email: account.email,
      password,
      admin: account.admin,
      mustChangePassword: account.mustChangePassword ?? !first,
    });
    const created = `New user '${account.username}' has been successfully created!`;
    if (account.password !== undefined) return [created];
    return [`generated random password is '${password}'`, created];
  });
}

/** Answers the token alone with `raw`, else Forgejo's sentence around it. */
export async function generateAccessToken(
  folder: string,
  wanted: { username: string; name: string; scopes: readonly string[]; raw: boolean },
): Promise<string[]> {
  return await withDatabase(folder, async (db) => {
    const { token } = createToken(db, accountOf(db, wanted.username), wanted);
    return [wanted.raw ? token : `Access token was successfully created: ${token}`];
  });
}

function accountOf(db: Database, username: string): UserRow {
  const user = findUser(db, username);
  if (!user) throw new DisintoError("forge.not-found", noSuchUser(username));
  return user;
}

async function withDatabase<Result>(
  folder: string,
  work: (db: Database) => Promise<Result>,
): Promise<Result> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const db = new Database(databaseFile(folder));
  try {
    return await work(db);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new DisintoError("forge.invalid", error.message, { cause: error });
  } finally {
    db.close();
  }
}
