/** Finds out who asks, from a token or a password, in the order of Forgejo's routers/api/shared/middleware.go. */
import { ApiError } from "../http/api-error.ts";
import type { Database } from "../store/database.ts";
import type { TokenRow, UserRow } from "../store/rows.ts";
import { Attempts } from "./attempts.ts";
import { hashToken, type PasswordChecker } from "./secrets.ts";
import { findUser, getUser } from "./users.ts";

export interface Doer {
  readonly user: UserRow;
  /** The scopes of the token used; a password has no limits. */
  readonly scopes: string | undefined;
  /** The ids of the repositories that the token is limited to. */
  readonly repositories: readonly number[] | undefined;
  /** Basic authentication, even with a token as the password (reqBasicOrRevProxyAuth). */
  readonly basic: boolean;
}

export interface Credentials {
  readonly authorization: string | undefined;
  /** Where the request comes from. */
  readonly address?: string | undefined;
  /** The deprecated query parameters `token` and `access_token`. */
  readonly queryToken?: string | undefined;
}

const unlimited = { scopes: undefined, repositories: undefined, basic: true };

export class Authentication {
  readonly #db: Database;
  readonly #passwords: PasswordChecker;
  readonly #attempts = new Attempts();

  constructor(db: Database, passwords: PasswordChecker) {
    this.#db = db;
    this.#passwords = passwords;
  }

  /** undefined for a stranger; wrong credentials are refused, never ignored. */
  async identify({ authorization, queryToken, address }: Credentials): Promise<Doer | undefined> {
    const token = queryToken || bearerOf(authorization);
    if (token !== undefined) return this.#byToken(token, false) ?? rejectCredentials("");
    const basic = basicOf(authorization);
    return basic && this.#byBasic(basic, address);
  }

  async #byBasic(
    { name, password }: { name: string; password: string },
    address: string | undefined,
  ): Promise<Doer> {
    const token = password === "" || password === "x-oauth-basic" ? name : password;
    const doer = this.#byToken(token, true);
    if (doer) return doer;
    const user = findUser(this.#db, name);
    const hash = user?.password_hash;
    if (user && this.#passwords.isProven(password, hash)) return { user, ...unlimited };
    const guess = { name, address: address ?? "" };
    const isRight = await this.#attempts.guard(guess, async () =>
      (await this.#passwords.check(password, hash)) ? true : undefined,
    );
    if (!user || !isRight) return rejectCredentials(name);
    return { user, ...unlimited };
  }

  #byToken(token: string, basic: boolean): Doer | undefined {
    const row = this.#db.get<TokenRow>("SELECT * FROM tokens WHERE hash = ?", hashToken(token));
    if (!row) return undefined;
    const repositories = row.repositories === null ? undefined : JSON.parse(row.repositories);
    return { user: getUser(this.#db, row.user_id), scopes: row.scopes, repositories, basic };
  }
}

/** The text of Forgejo's ErrUserNotExist, which every wrong token or password ends in. */
function rejectCredentials(name: string): never {
  throw new ApiError(401, `user does not exist [uid: 0, name: ${name}]`);
}

function bearerOf(header: string | undefined): string | undefined {
  const [scheme, token, ...rest] = (header ?? "").trim().split(/\s+/);
  if (scheme === undefined || token === undefined || rest.length > 0) return undefined;
  return scheme === "token" || scheme.toLowerCase() === "bearer" ? token : undefined;
}

function basicOf(header: string | undefined): { name: string; password: string } | undefined {
  const [scheme, encoded] = (header ?? "").trim().split(/\s+/);
  if (scheme?.toLowerCase() !== "basic" || encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
