/** Access token scopes as in Forgejo's models/auth/access_token_scope.go: a write scope holds its read scope. */
import { ApiError } from "../http/api-error.ts";

const categories = [
  "activitypub",
  "admin",
  "misc",
  "notification",
  "organization",
  "package",
  "issue",
  "repository",
  "user",
] as const;
export type ScopeCategory = (typeof categories)[number];
export type ScopeLevel = "read" | "write";

const known: readonly string[] = categories.flatMap((name) => [`write:${name}`, `read:${name}`]);
const allWriting = categories.map((name) => `write:${name}`);

/** The shortest list that means the same, comma-separated, in Forgejo's order; unknown scopes are refused. */
export function normalizeScopes(wanted: readonly string[]): string {
  const asked = wanted.flatMap((scope) => scope.split(",")).filter((s) => s !== "" && s !== "sudo");
  const unknown = asked.find((s) => s !== "all" && s !== "public-only" && !known.includes(s));
  if (unknown !== undefined) {
    throw new ApiError(
      400,
      `invalid access token scope provided: invalid access token scope: ${unknown}`,
    );
  }
  const expanded = new Set(asked.flatMap((scope) => (scope === "all" ? allWriting : [scope])));
  const kept = known.filter(
    (scope) => expanded.has(scope) && !expanded.has(scope.replace("read:", "write:")),
  );
  const writing = known.filter((scope) => scope.startsWith("write:") && expanded.has(scope));
  const rest = [...new Set([...writing, ...kept])].toSorted(
    (left, right) => known.indexOf(left) - known.indexOf(right),
  );
  const scopes = rest.length === allWriting.length && isAllWriting(rest) ? ["all"] : rest;
  return [...(expanded.has("public-only") ? ["public-only"] : []), ...scopes].join(",");
}

function isAllWriting(scopes: readonly string[]): boolean {
  return scopes.every((scope) => scope.startsWith("write:"));
}

export function hasScope(scopes: string, level: ScopeLevel, category: ScopeCategory): boolean {
  const held = scopes.split(",");
  if (held.includes("all") || held.includes(`write:${category}`)) return true;
  return level === "read" && held.includes(`read:${category}`);
}

export function isPublicOnly(scopes: string): boolean {
  return scopes.split(",").includes("public-only");
}
