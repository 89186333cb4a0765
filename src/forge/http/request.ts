/** The common start of every API route: who asks, with what scopes, for which repository. */
import type { IncomingMessage } from "node:http";
import type { Context as HonoContext } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { type AccessLevel, accessBy, allows } from "../repositories/permission.ts";
import { findRepository } from "../repositories/repositories.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";
import type { Doer } from "../users/authentication.ts";
import { hasScope, isPublicOnly, type ScopeCategory } from "../users/token-scopes.ts";
import { findUser } from "../users/users.ts";
import { ApiError, forbidden, invalid, notFound } from "./api-error.ts";

export interface Env {
  readonly Bindings: { readonly incoming: IncomingMessage };
  readonly Variables: { doer: Doer | undefined };
}
export type Context = HonoContext<Env>;

/** routers/api/v1/api.go tokenRequiresScopes: the method decides between read and write. */
export function requireScopes(c: Context, ...categories: ScopeCategory[]): void {
  const scopes = c.get("doer")?.scopes;
  if (scopes === undefined) return;
  const level = ["POST", "PUT", "PATCH", "DELETE"].includes(c.req.method) ? "write" : "read";
  if (categories.every((category) => hasScope(scopes, level, category))) return;
  const wanted = categories.map((category) => `${level}:${category}`).join(" ");
  throw forbidden(`token does not have at least one of required scope(s): [${wanted}]`);
}

export function signedIn(c: Context): Doer {
  const doer = c.get("doer");
  if (!doer) throw new ApiError(401, "token is required");
  return doer;
}

export function siteAdmin(c: Context): Doer {
  requireScopes(c, "admin");
  const doer = signedIn(c);
  if (!doer.user.admin) throw forbidden("user should be the site admin");
  return doer;
}

export function userParameter(c: Context, forge: ForgeContext, name = "username"): UserRow {
  const user = findUser(forge.db, c.req.param(name) ?? "");
  if (!user) throw notFound();
  return user;
}

export interface RepositoryRequest {
  readonly repository: RepositoryRow;
  readonly access: AccessLevel;
  readonly user: UserRow | undefined;
  readonly doer: Doer | undefined;
}

/** What the caller may not even read is not found (repoAssignment). */
export function enterRepository(
  c: Context,
  forge: ForgeContext,
  ...categories: ScopeCategory[]
): RepositoryRequest {
  requireScopes(c, ...(categories.length > 0 ? categories : (["repository"] as const)));
  const doer = c.get("doer");
  const { owner = "", repo = "" } = c.req.param() as Record<string, string>;
  const repository = findRepository(forge.db, owner, repo);
  const access = repository ? accessBy(forge.db, repository, doer) : "none";
  if (!repository || access === "none") throw notFound();
  if (repository.private && doer?.scopes !== undefined && isPublicOnly(doer.scopes)) {
    throw forbidden("token scope is limited to public repos");
  }
  return { repository, access, user: doer?.user, doer };
}

export type SignedRequest = RepositoryRequest & { readonly user: UserRow };

export function enterSigned(
  c: Context,
  forge: ForgeContext,
  ...categories: ScopeCategory[]
): SignedRequest {
  const request = enterRepository(c, forge, ...categories);
  return { ...request, user: signedIn(c).user };
}

/** As enterSigned, and the caller may write (reqRepoWriter) and the repository is not archived. */
export function enterWriter(
  c: Context,
  forge: ForgeContext,
  ...categories: ScopeCategory[]
): SignedRequest {
  const request = enterSigned(c, forge, ...categories);
  if (!allows(request.access, "write")) {
    throw forbidden("user should have a permission to write to a repo");
  }
  mustNotBeArchived(request);
  return request;
}

export function enterAdmin(c: Context, forge: ForgeContext): SignedRequest {
  const request = enterSigned(c, forge);
  if (!allows(request.access, "admin")) {
    throw forbidden("user should be an owner or a collaborator with admin write of a repository");
  }
  return request;
}

export function mustNotBeArchived({ repository }: RepositoryRequest): void {
  if (!repository.archived) return;
  throw new ApiError(423, `${repository.owner_login}/${repository.name} is archived`);
}

/** As ParamsInt64: what is no number is 0, which no row has. */
export function numberParameter(c: Context, name: string): number {
  const text = c.req.param(name) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/**
 * The JSON body by a schema. As Go's decoder: a key's case does not matter, null means absent, an empty body is an
 * empty object. Forgejo would also take forms; this forge does not.
 */
export async function bodyOf<Schema extends z.ZodObject>(
  c: Context,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const text = await readText(c);
  const type = c.req.header("content-type") ?? "";
  if (text !== "" && !type.includes("json")) {
    throw invalid(`[]: ${type === "" ? "Empty" : "Unsupported"} Content-Type`);
  }
  const parsed = schema.safeParse(renameKeys(parseJson(text), Object.keys(schema.shape)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`[${issue?.path.join(".") ?? ""}]: ${issue?.message ?? "invalid"}`);
}

const largestBody = 32 * 1024 * 1024;

/** Stops reading where a body is larger than anything a caller of this API can mean. */
async function readText(c: Context): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.length;
    if (size > largestBody) throw new ApiError(413, "the request is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`[]: ${error instanceof Error ? error.message : "malformed JSON"}`);
  }
}

function renameKeys(value: unknown, keys: readonly string[]): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value ?? {};
  const byLowerCase = new Map(keys.map((key) => [key.toLowerCase(), key]));
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== null)
    .map(([key, entry]) => [byLowerCase.get(key.toLowerCase()) ?? key, entry] as const);
  return Object.fromEntries(entries);
}

/** A number that fits SQLite's and Go's integers. */
export const int = z.int();
/** A page of fifty then stays small, whoever filed what is on it. */
const LONGEST = 65_536;
export const text = z.string().max(LONGEST, "MaxSize");
export const required = text.min(1, "Required");
/** services/forms: the layouts of RFC 3339. */
export const time = z.iso.datetime({ offset: true, local: false });
