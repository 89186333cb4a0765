/** Who may do what in a repository: its owner, site administrators, collaborators, and everybody if it is public. */
import type { Database } from "../store/database.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";

export const accessLevels = ["none", "read", "write", "admin", "owner"] as const;
export type AccessLevel = (typeof accessLevels)[number];

export function allows(access: AccessLevel, needed: AccessLevel): boolean {
  return accessLevels.indexOf(access) >= accessLevels.indexOf(needed);
}

/** models/perm/access/repo_permission.go, without organisations and units. */
export function accessOf(
  db: Database,
  repository: RepositoryRow,
  user: UserRow | undefined,
): AccessLevel {
  return user?.admin ? "owner" : ownAccessOf(db, repository, user);
}

/** Who asks, and the repositories that the token is limited to; undefined where it is not limited. */
interface Caller {
  readonly user: UserRow;
  readonly repositories: readonly number[] | undefined;
}

/**
 * services/authz/specific_repos_reducer.go: of other repositories a limited token reads the public ones, and it
 * administers none (services/context/api.go IsUserRepoAdmin).
 */
export function accessBy(
  db: Database,
  repository: RepositoryRow,
  caller: Caller | undefined,
): AccessLevel {
  const access = accessOf(db, repository, caller?.user);
  if (!caller?.repositories) return access;
  if (caller.repositories.includes(repository.id))
    return allows(access, "admin") ? "write" : access;
  return repository.private || access === "none" ? "none" : "read";
}

/** Without what a site administrator may do everywhere: what lists of people in a repository go by. */
export function ownAccessOf(
  db: Database,
  repository: RepositoryRow,
  user: UserRow | undefined,
): AccessLevel {
  if (!user) return repository.private ? "none" : "read";
  if (user.id === repository.owner_id) return "owner";
  const collaboration = db.get<{ access: AccessLevel }>(
    "SELECT access FROM collaborators WHERE repository_id = ? AND user_id = ?",
    repository.id,
    user.id,
  );
  if (collaboration) return collaboration.access;
  return repository.private || user.restricted ? "none" : "read";
}
