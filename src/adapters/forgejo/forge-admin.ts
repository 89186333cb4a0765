/** The operator's port over Forgejo's REST API, as an administrator with name and password. */
import * as z from "zod";
import type { RepoId } from "../../core/factory.ts";
import type {
  Access,
  Credentials,
  ForgeAdmin,
  ForgeRepositories,
  ForgeUsers,
  Protection,
} from "../../ports/forge-admin.ts";
import { pathOf } from "./forge.ts";
import { ForgejoHttp } from "./http.ts";
import { Login, ProtectionShape } from "./shapes.ts";

interface ForgeAdminOptions {
  readonly url: string;
  readonly admin: Credentials;
  readonly signal?: AbortSignal;
}

export function buildForgeAdmin({ url, admin, signal }: ForgeAdminOptions): ForgeAdmin {
  const http = new ForgejoHttp({ url, proof: admin, signal });
  return {
    users: buildUsers(http, (proof) => new ForgejoHttp({ url, proof, signal })),
    repositories: buildRepositories(http, admin.login),
  };
}

/** Waits for nothing and proves nothing but that something answers like a Forgejo; undefined while it does not. */
export async function readForgeVersion(
  url: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const http = new ForgejoHttp({ url, proof: undefined, signal });
  try {
    return (await http.get("/version", z.object({ version: z.string() }))).version;
  } catch {
    return undefined;
  }
}

type As = (proof: ConstructorParameters<typeof ForgejoHttp>[0]["proof"]) => ForgejoHttp;

function buildUsers(http: ForgejoHttp, as: As): ForgeUsers {
  const user = (login: string): string => `/users/${encodeURIComponent(login)}`;
  return {
    exists: async (login) => (await http.find(user(login), Login)) !== undefined,
    create: async ({ login, password, email }) => {
      const body = { username: login, password, email, must_change_password: false };
      await http.send("/admin/users", { method: "POST", body });
      await http.send(`/admin${user(login)}`, {
        method: "PATCH",
        body: { login_name: login, source_id: 0, allow_create_organization: false },
      });
    },
    setPassword: async ({ login, password }) => {
      const body = { login_name: login, source_id: 0, password, must_change_password: false };
      await http.send(`/admin${user(login)}`, { method: "PATCH", body });
    },
    createToken: async (credentials, token) => {
      const request = { method: "POST", body: token } as const;
      const shape = z.object({ sha1: z.string().min(1) });
      return (await as(credentials).write(`${user(credentials.login)}/tokens`, request, shape))
        .sha1;
    },
    loginOf: async (proof) => {
      const answer = await as(proof).send("/user", { expect: [401, 403] });
      return answer.status === 200 ? Login.parse(JSON.parse(answer.text)) : undefined;
    },
  };
}

const RepositoryShape = z
  .object({ default_branch: z.string(), empty: z.boolean() })
  .transform(({ default_branch, empty }) => ({ defaultBranch: default_branch, empty }));

const PermissionShape = z.object({
  permission: z.enum(["none", "read", "write", "admin", "owner"]),
});

function buildRepositories(http: ForgejoHttp, admin: string): ForgeRepositories {
  const collaborator = (repo: RepoId, login: string): string =>
    `${pathOf(repo)}/collaborators/${encodeURIComponent(login)}`;
  return {
    find: (repo) => http.find(pathOf(repo), RepositoryShape),
    create: async ({ owner, name }, { private: isPrivate, defaultBranch }) => {
      const path =
        owner === admin ? "/user/repos" : `/admin/users/${encodeURIComponent(owner)}/repos`;
      const body = { name, private: isPrivate, default_branch: defaultBranch, auto_init: false };
      await http.send(path, { method: "POST", body });
    },
    access: async (repo, login): Promise<Access> =>
      (await http.find(`${collaborator(repo, login)}/permission`, PermissionShape))?.permission ??
      "none",
    grantWrite: async (repo, login) => {
      await http.send(collaborator(repo, login), { method: "PUT", body: { permission: "write" } });
    },
    labels: (repo) =>
      http.list(
        `${pathOf(repo)}/labels`,
        z.object({ name: z.string() }).transform(({ name }) => name),
      ),
    createLabel: async (repo, label) => {
      await http.send(`${pathOf(repo)}/labels`, { method: "POST", body: label });
    },
    protection: async (repo, branch) => {
      const rule = await http.find(
        `${pathOf(repo)}/branch_protections/${encodeURIComponent(branch)}`,
        ProtectionShape,
      );
      return rule && toProtection(rule);
    },
    protect: (repo, protection) => saveProtection(http, pathOf(repo), protection),
  };
}

/** A rule weaker than ours in a field that Protection does not name reads as one that requires nothing. */
function toProtection(rule: z.infer<typeof ProtectionShape>): Protection {
  const firm =
    !rule.enable_push &&
    rule.block_on_outdated_branch &&
    rule.dismiss_stale_approvals &&
    rule.block_on_rejected_reviews;
  return {
    branch: rule.rule_name,
    requiredApprovals: firm ? rule.required_approvals : 0,
    approvers: rule.enable_approvals_whitelist ? (rule.approvals_whitelist_username ?? []) : [],
    mergers: rule.enable_merge_whitelist ? (rule.merge_whitelist_usernames ?? []) : [],
    requiredContexts: rule.enable_status_check ? (rule.status_check_contexts ?? []) : [],
    protectedPaths: rule.protected_file_patterns.split(";").filter((pattern) => pattern !== ""),
  };
}

async function saveProtection(http: ForgejoHttp, repo: string, wanted: Protection): Promise<void> {
  const rule = {
    enable_push: false,
    required_approvals: wanted.requiredApprovals,
    enable_approvals_whitelist: true,
    approvals_whitelist_username: wanted.approvers,
    enable_merge_whitelist: true,
    merge_whitelist_usernames: wanted.mergers,
    enable_status_check: wanted.requiredContexts.length > 0,
    status_check_contexts: wanted.requiredContexts,
    protected_file_patterns: wanted.protectedPaths.join(";"),
    block_on_outdated_branch: true,
    block_on_rejected_reviews: true,
    dismiss_stale_approvals: true,
  };
  const path = `${repo}/branch_protections`;
  const edited = await http.send(`${path}/${encodeURIComponent(wanted.branch)}`, {
    method: "PATCH",
    body: rule,
    expect: [404],
  });
  if (edited.status === 404)
    await http.send(path, { method: "POST", body: { ...rule, rule_name: wanted.branch } });
}
