/** What only the operator's command may do on the forge. No bot ever holds one of these. */
import type { RepoId } from "../core/factory.ts";

export interface ForgeAdmin {
  readonly users: ForgeUsers;
  readonly repositories: ForgeRepositories;
}

export interface Credentials {
  readonly login: string;
  readonly password: string;
}

export interface ForgeUsers {
  exists(login: string): Promise<boolean>;
  create(user: Credentials & { email: string }): Promise<void>;
  setPassword(user: Credentials): Promise<void>;
  /** Needs the user's own password: Forgejo lets nobody make tokens for another user by token. */
  createToken(
    user: Credentials,
    token: { name: string; scopes: readonly string[] },
  ): Promise<string>;
  /** The login that a token or password proves, undefined when the forge refuses it. */
  loginOf(proof: { token: string } | Credentials): Promise<string | undefined>;
}

export interface Label {
  readonly name: string;
  /** Six hexadecimal digits with a leading `#`. */
  readonly color: string;
  readonly description: string;
}

export type Access = "none" | "read" | "write" | "admin" | "owner";

/** The protection of one branch; the fields that disinto decides. */
export interface Protection {
  readonly branch: string;
  readonly requiredApprovals: number;
  readonly approvers: readonly string[];
  readonly mergers: readonly string[];
  readonly requiredContexts: readonly string[];
  /** Glob patterns; what touches one of these paths only an administrator merges. */
  readonly protectedPaths: readonly string[];
}

export interface ForgeRepositories {
  find(repo: RepoId): Promise<{ defaultBranch: string; empty: boolean } | undefined>;
  create(repo: RepoId, options: { private: boolean; defaultBranch: string }): Promise<void>;
  access(repo: RepoId, login: string): Promise<Access>;
  grantWrite(repo: RepoId, login: string): Promise<void>;
  labels(repo: RepoId): Promise<readonly string[]>;
  createLabel(repo: RepoId, label: Label): Promise<void>;
  protection(repo: RepoId, branch: string): Promise<Protection | undefined>;
  protect(repo: RepoId, protection: Protection): Promise<void>;
}
