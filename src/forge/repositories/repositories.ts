/** Repositories: rows, settings, collaborators. */
import { rm } from "node:fs/promises";
import { type ForgeContext, gitOf, repositoryPath } from "../forge.ts";
import { isBranchName } from "../git/repository.ts";
import { ApiError, invalid } from "../http/api-error.ts";
import { bit, type Database, now } from "../store/database.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";
import type { AccessLevel } from "./permission.ts";

export const mergeStyles = [
  "merge",
  "rebase",
  "rebase-merge",
  "squash",
  "fast-forward-only",
] as const;
export type MergeStyle = (typeof mergeStyles)[number];

/** Defaults: models/repo/repo_unit.go and the [repository.pull-request] section of Forgejo's settings. */
export interface RepositorySettings {
  readonly mergeStyles: readonly MergeStyle[];
  readonly defaultMergeStyle: MergeStyle;
  readonly allowRebaseUpdate: boolean;
  readonly deleteBranchAfterMerge: boolean;
  readonly allowMaintainerEdit: boolean;
  readonly ignoreWhitespaceConflicts: boolean;
  readonly hasWiki: boolean;
  readonly hasProjects: boolean;
  readonly hasReleases: boolean;
  readonly hasPackages: boolean;
  readonly hasActions: boolean;
}

const defaultSettings: RepositorySettings = {
  mergeStyles,
  defaultMergeStyle: "merge",
  allowRebaseUpdate: true,
  deleteBranchAfterMerge: false,
  allowMaintainerEdit: false,
  ignoreWhitespaceConflicts: false,
  hasWiki: true,
  hasProjects: true,
  hasReleases: true,
  hasPackages: true,
  hasActions: true,
};

export function settingsOf(repository: RepositoryRow): RepositorySettings {
  return { ...defaultSettings, ...JSON.parse(repository.settings) };
}

const columns =
  "SELECT repositories.*, users.login AS owner_login FROM repositories JOIN users ON users.id = owner_id";

export function findRepository(
  db: Database,
  owner: string,
  name: string,
): RepositoryRow | undefined {
  return db.get<RepositoryRow>(
    `${columns} WHERE users.lower_login = ? AND lower_name = ?`,
    owner.toLowerCase(),
    name.toLowerCase(),
  );
}

export function getRepository(db: Database, id: number): RepositoryRow {
  const repository = db.get<RepositoryRow>(`${columns} WHERE repositories.id = ?`, id);
  if (!repository) throw new Error(`no repository has the id ${id}`);
  return repository;
}

export function allRepositories(db: Database): RepositoryRow[] {
  return db.all<RepositoryRow>(`${columns} ORDER BY repositories.id`);
}

export interface NewRepository {
  readonly name: string;
  readonly description: string;
  readonly private: boolean;
  readonly template: boolean;
  readonly defaultBranch: string;
}

export async function createRepository(
  forge: ForgeContext,
  owner: UserRow,
  wanted: NewRepository,
): Promise<RepositoryRow> {
  checkName(wanted.name);
  const defaultBranch = wanted.defaultBranch || "main";
  if (!isBranchName(defaultBranch)) throw invalid("[DefaultBranch]: GitRefName");
  const repository = forge.db.transaction(() =>
    insertRepository(forge.db, owner, { ...wanted, defaultBranch }),
  );
  try {
    const path = repositoryPath(forge.folder, repository.id);
    forge.lookups.close(path);
    await rm(path, { recursive: true, force: true });
    await gitOf(forge, repository).create(defaultBranch);
  } catch (error) {
    forge.db.run("DELETE FROM repositories WHERE id = ?", repository.id);
    throw error;
  }
  return repository;
}

function insertRepository(db: Database, owner: UserRow, wanted: NewRepository): RepositoryRow {
  if (findRepository(db, owner.login, wanted.name)) {
    throw new ApiError(409, "The repository with the same name already exists.");
  }
  const time = now();
  const id = db.insert("repositories", {
    owner_id: owner.id,
    name: wanted.name,
    lower_name: wanted.name.toLowerCase(),
    description: wanted.description,
    private: bit(wanted.private),
    template: bit(wanted.template),
    default_branch: wanted.defaultBranch,
    settings: "{}",
    created: time,
    updated: time,
  });
  return getRepository(db, id);
}

/** AlphaDashDot, at most 100 characters (structs.CreateRepoOption); reserved: models/repo/repo.go. */
export function checkName(name: string): void {
  if (!/^[-.\w]{1,100}$/.test(name)) throw invalid("[Name]: AlphaDashDot");
  if ([".", "..", "-"].includes(name)) throw invalid(`name is reserved [name: ${name}]`);
  const pattern = ["*.git", "*.wiki", "*.rss", "*.atom"].find((reserved) =>
    name.toLowerCase().endsWith(reserved.slice(1)),
  );
  if (pattern) throw invalid(`name pattern is not allowed [pattern: ${pattern}]`);
}

export async function deleteRepository(
  forge: ForgeContext,
  repository: RepositoryRow,
): Promise<void> {
  forge.db.run("DELETE FROM repositories WHERE id = ?", repository.id);
  await rm(repositoryPath(forge.folder, repository.id), { recursive: true, force: true });
}

export function setCollaborator(
  db: Database,
  repository: RepositoryRow,
  { user, access }: { user: UserRow; access: AccessLevel | undefined },
): void {
  db.run(
    `INSERT INTO collaborators (repository_id, user_id, access) VALUES (?, ?, ?)
     ON CONFLICT (repository_id, user_id) DO UPDATE SET access = COALESCE(?, access)`,
    repository.id,
    user.id,
    access ?? "write",
    access ?? null,
  );
}

/** Who may write, and the owner last (models/repo/user_repo.go GetRepoAssignees). */
export function assignable(db: Database, repository: RepositoryRow): UserRow[] {
  return db.all<UserRow>(
    `SELECT users.* FROM users LEFT JOIN collaborators
       ON user_id = users.id AND repository_id = ?
     WHERE access IN ('write', 'admin') OR users.id = ?
     ORDER BY users.id = ?, users.login`,
    repository.id,
    repository.owner_id,
    repository.owner_id,
  );
}

export function touchRepository(db: Database, repository: RepositoryRow): void {
  db.run("UPDATE repositories SET updated = ? WHERE id = ?", now(), repository.id);
}
