/** Repositories (routers/api/v1/repo/repo.go). */
import { Hono } from "hono";
import * as z from "zod";
import { type ForgeContext, gitOf } from "../forge.ts";
import { initializeRepository } from "../git/initial-commit.ts";
import { forbidden, invalid } from "../http/api-error.ts";
import { pageHeaders, pageOf } from "../http/paging.ts";
import {
  bodyOf,
  type Context,
  type Env,
  enterAdmin,
  enterRepository,
  enterSigned,
  required,
  requireScopes,
  signedIn,
  siteAdmin,
  text,
  userParameter,
} from "../http/request.ts";
import { repositoryShape } from "../http/shapes.ts";
import { bit, type Value } from "../store/database.ts";
import type { RepositoryRow } from "../store/rows.ts";
import { type AccessLevel, accessOf } from "./permission.ts";
import {
  checkName,
  createRepository,
  deleteRepository,
  findRepository,
  getRepository,
  type MergeStyle,
  mergeStyles,
  type NewRepository,
  type RepositorySettings,
  settingsOf,
} from "./repositories.ts";

const NewRepositoryBody = z.object({
  name: required,
  description: text.max(2048, "MaxSize").default(""),
  private: z.boolean().default(false),
  template: z.boolean().default(false),
  auto_init: z.boolean().default(false),
  default_branch: text.max(100, "MaxSize").default(""),
  object_format_name: z.enum(["", "sha1"]).optional(),
});

const flag = z.boolean().optional();
const Changes = z.object({
  name: text.optional(),
  description: text.max(2048, "MaxSize").optional(),
  website: text.max(1024, "MaxSize").optional(),
  private: flag,
  template: flag,
  archived: flag,
  default_branch: text.optional(),
  has_wiki: flag,
  has_projects: flag,
  has_releases: flag,
  has_packages: flag,
  has_actions: flag,
  ignore_whitespace_conflicts: flag,
  allow_merge_commits: flag,
  allow_rebase: flag,
  allow_rebase_explicit: flag,
  allow_squash_merge: flag,
  allow_fast_forward_only_merge: flag,
  allow_rebase_update: flag,
  default_delete_branch_after_merge: flag,
  default_merge_style: z.enum(mergeStyles).optional(),
  default_allow_maintainer_edit: flag,
});
type Changes = z.infer<typeof Changes>;

export function repositoryRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/user/repos", (c) => listMine(c, forge));
  routes.post("/user/repos", async (c) => {
    requireScopes(c, "user");
    requireScopes(c, "repository");
    const { user } = signedIn(c);
    return c.json(await create(c, forge, user.login), 201);
  });
  routes.post("/admin/users/:username/repos", async (c) => {
    siteAdmin(c);
    return c.json(await create(c, forge, userParameter(c, forge).login), 201);
  });
  routes.get("/repos/:owner/:repo", (c) => {
    const { repository, access } = enterRepository(c, forge);
    return c.json(repositoryShape(forge, repository, access));
  });
  routes.patch("/repos/:owner/:repo", async (c) => {
    const { repository, access } = enterAdmin(c, forge);
    await change(forge, repository, await bodyOf(c, Changes));
    return c.json(repositoryShape(forge, getRepository(forge.db, repository.id), access));
  });
  routes.delete("/repos/:owner/:repo", async (c) => {
    const { repository, access } = enterSigned(c, forge);
    if (access !== "owner") throw forbidden("user should be the owner of the repo");
    await forge.queue.run(repository.id, () => deleteRepository(forge, repository));
    return c.body(null, 204);
  });
  return routes;
}

function listMine(c: Context, forge: ForgeContext) {
  requireScopes(c, "user");
  requireScopes(c, "repository");
  const { user } = signedIn(c);
  const page = pageOf(c);
  const mine = `FROM repositories JOIN users ON users.id = owner_id WHERE owner_id = ? OR repositories.id IN
    (SELECT repository_id FROM collaborators WHERE user_id = ?)`;
  const rows = forge.db.all<RepositoryRow>(
    `SELECT repositories.*, users.login AS owner_login ${mine} ORDER BY repositories.id LIMIT ? OFFSET ?`,
    user.id,
    user.id,
    page.size,
    page.offset,
  );
  const counted = forge.db.get<{ total: number }>(
    `SELECT COUNT(*) AS total ${mine}`,
    user.id,
    user.id,
  );
  pageHeaders(c, forge, counted?.total ?? 0);
  return c.json(rows.map((row) => repositoryShape(forge, row, accessOf(forge.db, row, user))));
}

async function create(c: Context, forge: ForgeContext, ownerLogin: string) {
  const body = await bodyOf(c, NewRepositoryBody);
  const wanted: NewRepository = {
    name: body.name,
    description: body.description,
    private: body.private,
    template: body.template,
    defaultBranch: body.default_branch,
  };
  const owner = userByLogin(c, forge, ownerLogin);
  const repository = await createRepository(forge, owner, wanted);
  if (body.auto_init) await initializeRepository(forge, repository, owner);
  const access: AccessLevel = "owner";
  return repositoryShape(forge, getRepository(forge.db, repository.id), access);
}

function userByLogin(c: Context, forge: ForgeContext, login: string) {
  const { user } = signedIn(c);
  return user.lower_login === login.toLowerCase() ? user : userParameter(c, forge);
}

async function change(
  forge: ForgeContext,
  repository: RepositoryRow,
  changes: Changes,
): Promise<void> {
  if (changes.name !== undefined) checkNewName(forge, repository, changes.name);
  const branch = changes.default_branch;
  if (branch !== undefined && branch !== repository.default_branch) {
    await setDefaultBranch(forge, repository, branch);
  }
  forge.db.update("repositories", repository.id, columnsOf(repository, changes));
}

function checkNewName(forge: ForgeContext, repository: RepositoryRow, name: string): void {
  checkName(name);
  const other = findRepository(forge.db, repository.owner_login, name);
  if (other && other.id !== repository.id) {
    throw invalid(`repo name is already taken [name: ${name}]`);
  }
}

async function setDefaultBranch(
  forge: ForgeContext,
  repository: RepositoryRow,
  branch: string,
): Promise<void> {
  const git = gitOf(forge, repository);
  const exists = (await git.branch(branch)) !== undefined;
  if (!repository.empty && !exists) return;
  await git.read(["symbolic-ref", "HEAD", `refs/heads/${branch}`]);
  forge.db.update("repositories", repository.id, { default_branch: branch });
}

function columnsOf(repository: RepositoryRow, changes: Changes): Record<string, Value> {
  const columns: Readonly<Record<string, Value | undefined>> = {
    name: changes.name,
    lower_name: changes.name?.toLowerCase(),
    description: changes.description,
    website: changes.website,
    private: changes.private === undefined ? undefined : bit(changes.private),
    template: changes.template === undefined ? undefined : bit(changes.template),
    archived: changes.archived === undefined ? undefined : bit(changes.archived),
    settings: JSON.stringify(mergeSettings(settingsOf(repository), changes)),
  };
  return Object.fromEntries(
    Object.entries(columns).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

function mergeSettings(before: RepositorySettings, changes: Changes): RepositorySettings {
  const wanted: Readonly<Record<MergeStyle, boolean | undefined>> = {
    merge: changes.allow_merge_commits,
    rebase: changes.allow_rebase,
    "rebase-merge": changes.allow_rebase_explicit,
    squash: changes.allow_squash_merge,
    "fast-forward-only": changes.allow_fast_forward_only_merge,
  };
  return {
    mergeStyles: mergeStyles.filter((style) => wanted[style] ?? before.mergeStyles.includes(style)),
    defaultMergeStyle: changes.default_merge_style ?? before.defaultMergeStyle,
    allowRebaseUpdate: changes.allow_rebase_update ?? before.allowRebaseUpdate,
    deleteBranchAfterMerge:
      changes.default_delete_branch_after_merge ?? before.deleteBranchAfterMerge,
    allowMaintainerEdit: changes.default_allow_maintainer_edit ?? before.allowMaintainerEdit,
    ignoreWhitespaceConflicts:
      changes.ignore_whitespace_conflicts ?? before.ignoreWhitespaceConflicts,
    hasWiki: changes.has_wiki ?? before.hasWiki,
    hasProjects: changes.has_projects ?? before.hasProjects,
    hasReleases: changes.has_releases ?? before.hasReleases,
    hasPackages: changes.has_packages ?? before.hasPackages,
    hasActions: changes.has_actions ?? before.hasActions,
  };
}
