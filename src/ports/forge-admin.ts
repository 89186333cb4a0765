/** What only the operator's command may do on the forge. No bot ever holds one of these. */
import type { RepoId } from "../core/factory.ts";
import type { DisintoError } from "../errors.ts";
import type { ExpectedOwner, Forge } from "./forge.ts";

export interface ForgeAdmin {
  readonly users: ForgeUsers;
  readonly tokens: ForgeTokens;
  readonly credentials: ForgeCredentials;
  readonly repositories: ForgeRepositories;
  readonly labels: ForgeLabels;
  readonly applications: ForgeApplications;
  readonly hooks: ForgeHooks;
  /** What a bot may do, done as the administrator. */
  readonly forge: Forge;
}

/** What the server at an address says it is, or why that is not known. */
export type ForgeProbe =
  | { readonly version: string }
  | {
      readonly version: undefined;
      readonly failure: DisintoError;
      /** To wait will not help: a name that nobody knows, a certificate that nobody trusts, another server. */
      readonly isLasting: boolean;
    };

export interface Credentials {
  readonly login: string;
  readonly password: string;
}

/** By which somebody shows who they are. */
export type Proof = { readonly token: string } | Credentials;

export interface ForgeUsers {
  find(login: string): Promise<{ isAdmin: boolean; mark: string } | undefined>;
  create(user: Credentials & { email: string; mark: string }): Promise<void>;
  /** Says whose the account is, where only an administrator of the forge can; its address becomes ours. */
  mark(login: string, marked: { mark: string; email: string }): Promise<void>;
  /** Neither an administrator nor one who may create organisations; safe to repeat. */
  restrict(login: string): Promise<void>;
  setPassword(user: Credentials): Promise<void>;
  /** The login that a token or password proves, undefined when the forge refuses it. See `Forge.whoami`. */
  loginOf(proof: Proof, expected?: ExpectedOwner): Promise<string | undefined>;
  /** Whether who asks administers the forge: nobody else makes accounts, or sees what can act as them. */
  areManaged(): Promise<boolean>;
  /** What the user wrote stays. No error when there is no such user. */
  remove(login: string): Promise<void>;
}

/** Something with which somebody acts as a user. */
export interface Credential {
  /** `email`: an address to which the forge sends a new password. */
  readonly kind: "token" | "application" | "SSH key" | "GPG key" | "email";
  readonly id: number;
  readonly name: string;
  /** A token has it for ever. */
  readonly lastEight?: string | undefined;
  /** What a token is limited to; undefined where it is not. */
  readonly repositories?: readonly RepoId[] | undefined;
}

/** Everything of a user that has rights of its own, by whatever name. */
export interface ForgeCredentials {
  list(login: string): Promise<readonly Credential[]>;
  remove(login: string, credential: Credential): Promise<void>;
  /** Takes back what the user allowed to applications of others; answers their number. Needs the password. */
  revokeGrants(user: Credentials): Promise<number>;
}

export interface Token {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly string[];
  /** What it is limited to; undefined where it is not. */
  readonly repositories?: readonly RepoId[] | undefined;
  /** All that the forge shows of it afterwards. */
  readonly lastEight: string;
}

/** `repositories`: a forge before Forgejo 15 takes no notice of it. */
export type NewToken = Pick<Token, "name" | "scopes" | "repositories">;

/** `own`: the user's own credentials; without them an administrator asks. */
export interface ForgeTokens {
  list(login: string, own?: Credentials): Promise<readonly Token[]>;
  /** Needs the user's own password: Forgejo lets nobody make tokens for another user by token. */
  create(user: Credentials, token: NewToken): Promise<string>;
  revoke(login: string, id: number, own?: Credentials): Promise<void>;
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
  /** Who may push to it; nobody where it is empty. */
  readonly pushers: readonly string[];
  readonly requiredContexts: readonly string[];
  /** Glob patterns; what touches one of these paths only an administrator merges. */
  readonly protectedPaths: readonly string[];
}

export interface ForgeRepositories {
  find(repo: RepoId): Promise<{ defaultBranch: string; empty: boolean } | undefined>;
  create(repo: RepoId, options: { private: boolean; defaultBranch: string }): Promise<void>;
  access(repo: RepoId, login: string): Promise<Access>;
  grant(repo: RepoId, login: string, access: "read" | "write" | "admin"): Promise<void>;
  revokeAccess(repo: RepoId, login: string): Promise<void>;
  protection(repo: RepoId, branch: string): Promise<Protection | undefined>;
  protect(repo: RepoId, protection: Protection): Promise<void>;
  /** No error when there is no such repository. */
  remove(repo: RepoId): Promise<void>;
}

export interface ForgeHooks {
  list(repo: RepoId): Promise<readonly Hook[]>;
  /** Sends it a push of the default branch's newest commit. */
  test(repo: RepoId, id: number): Promise<void>;
}

export interface Hook {
  readonly id: number;
  readonly url: string;
  readonly isActive: boolean;
}

export interface ForgeLabels {
  list(repo: RepoId): Promise<readonly { readonly id: number; readonly name: string }[]>;
  create(repo: RepoId, label: Label): Promise<void>;
}

/** The administrator's own OAuth applications. */
export interface ForgeApplications {
  list(): Promise<readonly Application[]>;
  /** Changes the one with this id, or makes one; either way its secret is new, and told this once. */
  save(
    application: Pick<Application, "name" | "redirectUris">,
    id: number | undefined,
  ): Promise<{ readonly clientId: string; readonly secret: string }>;
}

export interface Application {
  readonly id: number;
  readonly name: string;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
}
