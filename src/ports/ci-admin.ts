/** What the operator's command does at a CI that people sign in to. No bot ever holds one of these. */
import type { KeptSecret } from "../core/ci-secrets.ts";
import type { RepoId } from "../core/factory.ts";
import type { Credentials } from "./forge-admin.ts";

export interface CiServer {
  /** Why it does not answer as it should; undefined: it does. */
  examine(): Promise<string | undefined>;
  /** As a person does in a browser, by the forge's pages; answers a token that stays valid. */
  signIn(credentials: Credentials): Promise<string>;
  as(token: string): CiAccount;
}

export interface CiAccount {
  /** Returns undefined when the token is not accepted, or the forge no longer accepts the CI in this account's name. */
  login(): Promise<string | undefined>;
  /** Returns undefined for one that the CI does not run. */
  find(repo: RepoId): Promise<CiRepository | undefined>;
  /** Returns undefined where there was none yet. */
  newestRun(id: number): Promise<{ readonly number: number; readonly commit: string } | undefined>;
  /** Whether any agent asks for workflows or runs one, and how many workflows wait for one. */
  agents(): Promise<{ readonly isAnyThere: boolean; readonly waiting: number }>;
  activate(repo: RepoId): Promise<void>;
  /** The webhook at the forge is made anew. */
  repair(id: number): Promise<void>;
  change(
    id: number,
    settings: Partial<CiTrust> & { readonly timeoutMinutes?: number },
  ): Promise<void>;
  /** Secrets of a repository; their values cannot be read back. */
  readonly secrets: CiSecretStore;
}

export interface CiSecretStore {
  list(id: number): Promise<readonly KeptSecret[]>;
  /** Made, or changed where there is one of this name. */
  put(id: number, secret: KeptSecret & { readonly value: string }): Promise<void>;
  remove(id: number, name: string): Promise<void>;
}

/** What of its machine a repository's runs may have. */
export interface CiTrust {
  /** Networks, volumes or privileges of the host. */
  readonly isTrusted: boolean;
  /** Plugins beside the clone step that are handed the account's access to the code. */
  readonly credentialPlugins: readonly string[];
  /** Changes from forks run only when somebody approved them. */
  readonly approvesForks: boolean;
}

export interface CiRepository extends CiTrust {
  readonly id: number;
}
