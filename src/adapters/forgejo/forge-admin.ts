/** The operator's port over Forgejo's REST API, as an administrator with name and password. */
import * as z from "zod";
import type { RepoId } from "../../core/factory.ts";
import { isSameLogin } from "../../core/names.ts";
import { DisintoError, type ErrorCode } from "../../errors.ts";
import type {
  Access,
  Credentials,
  ForgeAdmin,
  ForgeLabels,
  ForgeProbe,
  ForgeRepositories,
  ForgeTokens,
  ForgeUsers,
  Proof,
  Protection,
} from "../../ports/forge-admin.ts";
import { buildApplications } from "./applications.ts";
import { buildCredentials } from "./credentials.ts";
import { isPermanent } from "./failures.ts";
import { buildForgeOver, pathOf } from "./forge.ts";
import { buildHooks } from "./hooks.ts";
import { ForgejoHttp } from "./http.ts";
import {
  LabelShape,
  PermissionShape,
  ProtectionShape,
  RepositoryShape,
  TokenShape,
  UserShape,
} from "./shapes.ts";
import { SlowAnswers } from "./slow-answers.ts";
import { findTokenOwner } from "./token-owner.ts";

interface ForgeAdminOptions {
  readonly url: string;
  readonly admin: Credentials;
  readonly signal?: AbortSignal;
}

/** A person waits for the command, and nothing that it asks for takes long. */
const readLimitMs = 8_000;

export function buildForgeAdmin({ url, admin, signal }: ForgeAdminOptions): ForgeAdmin {
  const common = { url, signal, readLimitMs, pace: new SlowAnswers() };
  const http = new ForgejoHttp({ ...common, proof: admin });
  const as: ActingUser = (proof) => new ForgejoHttp({ ...common, proof });
  return {
    users: buildUsers(http, as),
    tokens: buildTokens(http, as),
    credentials: buildCredentials(http, {
      url,
      signal,
      asUser: (login) => new ForgejoHttp({ ...common, proof: admin, sudo: login }),
    }),
    repositories: buildRepositories(http, admin.login),
    labels: buildLabels(http),
    applications: buildApplications(http),
    hooks: buildHooks(http),
    forge: buildForgeOver(http),
  };
}

interface ProbeOptions {
  /** Shown only to a forge that answers nobody else. */
  readonly proof?: Proof | undefined;
  readonly signal?: AbortSignal;
}

/** Asks once, and says why there is no version. */
export async function probeForge(
  url: string,
  { proof, signal }: ProbeOptions = {},
): Promise<ForgeProbe> {
  const common = { url, signal, attempts: 1, readLimitMs };
  const found = await readVersion(new ForgejoHttp({ ...common, proof: undefined }));
  // With REQUIRE_SIGNIN_VIEW every route but the health's is refused (routers/api/shared/middleware.go).
  const isClosed = found.version === undefined && isRefusal(found.failure);
  return proof && isClosed ? readVersion(new ForgejoHttp({ ...common, proof })) : found;
}

function isRefusal({ code }: DisintoError): boolean {
  return code === "forge.forbidden" || code === "forge.unauthorized";
}

async function readVersion(http: ForgejoHttp): Promise<ForgeProbe> {
  try {
    return await http.get("/version", z.object({ version: z.string() }));
  } catch (error) {
    if (!(error instanceof DisintoError) || error.code === "interrupted") throw error;
    return { version: undefined, failure: error, isLasting: isPermanent(error) };
  }
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  "forge.unauthorized",
  "forge.forbidden",
  "credentials.wrong",
]);

type ActingUser = (proof: ConstructorParameters<typeof ForgejoHttp>[0]["proof"]) => ForgejoHttp;

function pathOfUser(login: string): string {
  return `/users/${encodeURIComponent(login)}`;
}

function buildUsers(http: ForgejoHttp, as: ActingUser): ForgeUsers {
  const change = async (login: string, changes: object): Promise<void> => {
    await http.send(`/admin${pathOfUser(login)}`, { method: "PATCH", body: changes });
  };
  return {
    find: (login) => http.find(pathOfUser(login), UserShape),
    create: async ({ login, password, email, mark }) => {
      const body = {
        username: login,
        password,
        email,
        login_name: mark,
        source_id: 0,
        must_change_password: false,
      };
      await http.send("/admin/users", { method: "POST", body });
    },
    mark: (login, { mark, email }) => change(login, { login_name: mark, source_id: 0, email }),
    restrict: (login) => change(login, { admin: false, allow_create_organization: false }),
    setPassword: ({ login, password }) => change(login, { password, must_change_password: false }),
    loginOf: async (proof, expected) => {
      try {
        return await findTokenOwner(as(proof), expected);
      } catch (error) {
        if (error instanceof DisintoError && REFUSALS.has(error.code)) return undefined;
        throw error;
      }
    },
    areManaged: async () => (await http.get("/user", UserShape)).isAdmin,
    remove: async (login) => {
      await http.send(`/admin${pathOfUser(login)}`, { method: "DELETE", expect: [404] });
    },
  };
}

function buildTokens(http: ForgejoHttp, as: ActingUser): ForgeTokens {
  const tokens = (login: string): string => `${pathOfUser(login)}/tokens`;
  return {
    list: (login, own) => (own ? as(own) : http).list(tokens(login), TokenShape),
    create: async (credentials, token) => {
      const request = { method: "POST", body: token } as const;
      const shape = z.object({ sha1: z.string().min(1) });
      return (await as(credentials).write(tokens(credentials.login), request, shape)).sha1;
    },
    revoke: async (login, id, own) => {
      await (own ? as(own) : http).send(`${tokens(login)}/${id}`, {
        method: "DELETE",
        expect: [404],
      });
    },
  };
}

function buildLabels(http: ForgejoHttp): ForgeLabels {
  const labels = (repo: RepoId): string => `${pathOf(repo)}/labels`;
  return {
    list: (repo) => http.list(labels(repo), LabelShape),
    create: async (repo, label) => {
      await http.send(labels(repo), { method: "POST", body: label });
    },
  };
}

function buildRepositories(http: ForgejoHttp, admin: string): ForgeRepositories {
  const collaborator = (repo: RepoId, login: string): string =>
    `${pathOf(repo)}/collaborators/${encodeURIComponent(login)}`;
  return {
    find: (repo) => http.find(pathOf(repo), RepositoryShape),
    create: async ({ owner, name }, { private: isPrivate, defaultBranch }) => {
      const path = isSameLogin(owner, admin)
        ? "/user/repos"
        : `/admin/users/${encodeURIComponent(owner)}/repos`;
      const body = { name, private: isPrivate, default_branch: defaultBranch, auto_init: false };
      await http.send(path, { method: "POST", body });
    },
    access: async (repo, login): Promise<Access> =>
      (await http.find(`${collaborator(repo, login)}/permission`, PermissionShape))?.permission ??
      "none",
    grant: async (repo, login, access) => {
      await http.send(collaborator(repo, login), { method: "PUT", body: { permission: access } });
    },
    revokeAccess: async (repo, login) => {
      await http.send(collaborator(repo, login), { method: "DELETE", expect: [404, 422] });
    },
    protection: async (repo, branch) => {
      const rule = await http.find(
        `${pathOf(repo)}/branch_protections/${encodeURIComponent(branch)}`,
        ProtectionShape,
      );
      return rule && toProtection(rule);
    },
    protect: (repo, protection) => saveProtection(http, pathOf(repo), protection),
    remove: async (repo) => {
      await http.send(pathOf(repo), { method: "DELETE", expect: [404] });
    },
  };
}

/** A rule weaker than ours in a field that Protection does not name reads as one that requires nothing. */
function toProtection(rule: z.infer<typeof ProtectionShape>): Protection {
  const firm =
    (!rule.enable_push || isPushListed(rule)) &&
    !rule.unprotected_file_patterns &&
    rule.block_on_outdated_branch &&
    rule.dismiss_stale_approvals &&
    rule.block_on_rejected_reviews;
  return {
    branch: rule.rule_name,
    requiredApprovals: firm ? rule.required_approvals : 0,
    approvers: rule.enable_approvals_whitelist ? (rule.approvals_whitelist_username ?? []) : [],
    mergers: rule.enable_merge_whitelist ? (rule.merge_whitelist_usernames ?? []) : [],
    pushers: rule.enable_push ? (rule.push_whitelist_usernames ?? []) : [],
    requiredContexts: rule.enable_status_check ? (rule.status_check_contexts ?? []) : [],
    protectedPaths: rule.protected_file_patterns.split(";").filter((pattern) => pattern !== ""),
  };
}

/** Those who may push are named, each by login. */
function isPushListed(rule: z.infer<typeof ProtectionShape>): boolean {
  const isTeam = (rule.push_whitelist_teams ?? []).length > 0;
  return rule.enable_push_whitelist && !isTeam && !rule.push_whitelist_deploy_keys;
}

async function saveProtection(http: ForgejoHttp, repo: string, wanted: Protection): Promise<void> {
  const rule = {
    enable_push: wanted.pushers.length > 0,
    enable_push_whitelist: true,
    push_whitelist_usernames: wanted.pushers,
    push_whitelist_teams: [],
    push_whitelist_deploy_keys: false,
    unprotected_file_patterns: "",
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
