/** Branch protections (routers/api/v1/repo/branch.go). */
import { Hono } from "hono";
import * as z from "zod";
import type { ForgeContext } from "../forge.ts";
import { ApiError, forbidden, invalid, notFound } from "../http/api-error.ts";
import {
  bodyOf,
  type Context,
  type Env,
  enterAdmin,
  int,
  mustNotBeArchived,
  text,
} from "../http/request.ts";
import { protectionShape } from "../pulls/shapes.ts";
import { type AccessLevel, allows, ownAccessOf } from "../repositories/permission.ts";
import { now } from "../store/database.ts";
import type { RepositoryRow } from "../store/rows.ts";
import { findUser, noSuchUser } from "../users/users.ts";
import {
  findProtection,
  type Protection,
  type ProtectionSettings,
  protectionsOf,
} from "./protections.ts";

const path = "/repos/:owner/:repo/branch_protections";
const names = z.array(text).optional();
const flag = z.boolean().optional();

const Changes = z.object({
  enable_push: flag,
  enable_push_whitelist: flag,
  push_whitelist_usernames: names,
  push_whitelist_teams: names,
  push_whitelist_deploy_keys: flag,
  enable_merge_whitelist: flag,
  merge_whitelist_usernames: names,
  merge_whitelist_teams: names,
  enable_status_check: flag,
  status_check_contexts: names,
  required_approvals: int.optional(),
  enable_approvals_whitelist: flag,
  approvals_whitelist_username: names,
  approvals_whitelist_teams: names,
  block_on_rejected_reviews: flag,
  block_on_official_review_requests: flag,
  block_on_outdated_branch: flag,
  dismiss_stale_approvals: flag,
  ignore_stale_approvals: flag,
  require_signed_commits: flag,
  protected_file_patterns: text.optional(),
  unprotected_file_patterns: text.optional(),
  apply_to_admins: flag,
});
type Changes = z.infer<typeof Changes>;
const NewProtection = Changes.extend({
  branch_name: text.default(""),
  rule_name: text.default(""),
});

const nothing: ProtectionSettings = {
  enable_push: false,
  enable_push_whitelist: false,
  enable_merge_whitelist: false,
  enable_status_check: false,
  status_check_contexts: [],
  required_approvals: 0,
  enable_approvals_whitelist: false,
  block_on_rejected_reviews: false,
  block_on_official_review_requests: false,
  block_on_outdated_branch: false,
  dismiss_stale_approvals: false,
  ignore_stale_approvals: false,
  require_signed_commits: false,
  protected_file_patterns: "",
  unprotected_file_patterns: "",
  apply_to_admins: false,
  pushers: [],
  mergers: [],
  approvers: [],
};

export function protectionRoutes(forge: ForgeContext): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get(path, (c) => {
    const { repository } = enterAdmin(c, forge);
    const all = protectionsOf(forge.db, repository);
    return c.json(all.map((protection) => protectionShape(forge, repository, protection)));
  });
  routes.post(path, async (c) => {
    const request = enterAdmin(c, forge);
    mustNotBeArchived(request);
    const rule = create(forge, request.repository, await bodyOf(c, NewProtection));
    return c.json(shapeOf(forge, request.repository, rule), 201);
  });
  routes.get(`${path}/:name`, (c) => {
    const { repository } = enterAdmin(c, forge);
    return c.json(shapeOf(forge, repository, ruleParameter(c, forge, repository).rule));
  });
  routes.patch(`${path}/:name`, async (c) => {
    const request = enterAdmin(c, forge);
    mustNotBeArchived(request);
    const { rule, ...before } = ruleParameter(c, forge, request.repository);
    const settings = apply(forge, request.repository, {
      before,
      changes: await bodyOf(c, Changes),
    });
    save(forge, before.id, settings);
    return c.json(shapeOf(forge, request.repository, rule));
  });
  routes.delete(`${path}/:name`, (c) => {
    const { repository } = enterAdmin(c, forge);
    forge.db.run("DELETE FROM protections WHERE id = ?", ruleParameter(c, forge, repository).id);
    return c.body(null, 204);
  });
  return routes;
}

function shapeOf(forge: ForgeContext, repository: RepositoryRow, rule: string) {
  const protection = findProtection(forge.db, repository, rule);
  if (!protection) throw notFound();
  return protectionShape(forge, repository, protection);
}

function ruleParameter(c: Context, forge: ForgeContext, repository: RepositoryRow): Protection {
  const protection = findProtection(forge.db, repository, c.req.param("name") ?? "");
  if (!protection) throw notFound();
  return protection;
}

function create(
  forge: ForgeContext,
  repository: RepositoryRow,
  body: z.infer<typeof NewProtection>,
): string {
  const rule = body.rule_name || body.branch_name;
  if (rule === "") throw new ApiError(400, "both rule_name and branch_name are empty");
  if (findProtection(forge.db, repository, rule)) {
    throw forbidden("Branch protection already exist");
  }
  const settings = apply(forge, repository, { before: nothing, changes: body });
  const time = now();
  forge.db.insert("protections", {
    repository_id: repository.id,
    rule_name: rule,
    settings: JSON.stringify(settings),
    created: time,
    updated: time,
  });
  return rule;
}

function save(forge: ForgeContext, id: number, settings: ProtectionSettings): void {
  forge.db.update("protections", id, { settings: JSON.stringify(settings), updated: now() });
}

/** A push list means nothing where nobody may push. */
function apply(
  forge: ForgeContext,
  repository: RepositoryRow,
  { before, changes }: { before: ProtectionSettings; changes: Changes },
): ProtectionSettings {
  const given = Object.fromEntries(
    Object.keys(nothing).map((key) => [key, changes[key as keyof Changes] ?? before[key as never]]),
  ) as unknown as ProtectionSettings;
  const ids = (logins: readonly string[] | undefined, needed: AccessLevel) =>
    logins && idsOf(forge, repository, { logins, needed });
  return {
    ...given,
    enable_push_whitelist: given.enable_push && given.enable_push_whitelist,
    required_approvals: Math.max(0, given.required_approvals),
    pushers: ids(changes.push_whitelist_usernames, "write") ?? before.pushers,
    mergers: ids(changes.merge_whitelist_usernames, "write") ?? before.mergers,
    approvers: ids(changes.approvals_whitelist_username, "read") ?? before.approvers,
  };
}

/** Who has not the access is left out without a word; who does not exist is an error (updateUserWhitelist). */
function idsOf(
  forge: ForgeContext,
  repository: RepositoryRow,
  { logins, needed }: { logins: readonly string[]; needed: AccessLevel },
): number[] {
  return logins.flatMap((login) => {
    const user = findUser(forge.db, login);
    if (!user) throw invalid(noSuchUser(login));
    return allows(ownAccessOf(forge.db, repository, user), needed) ? [user.id] : [];
  });
}
