/** Git repositories on the operator's side. */
import type { Submodule } from "../core/submodules.ts";
import type { TextFile } from "./git.ts";
export interface Repositories {
  /** Makes a repository of what stands in the folder: of `commits` in their order, of everything without them. */
  init(folder: string, commits?: readonly FirstCommit[]): Promise<void>;
  /** Undefined where there is no repository; without a commit, or a branch that is checked out, an error says so. */
  describe(folder: string): Promise<Description | undefined>;
  /** All branches and tags of a repository elsewhere, without a work tree; with the operator's own access. */
  mirror(url: string, folder: string): Promise<void>;
  /** The default branch alone, of a repository on the forge, without a work tree. */
  cloneDefaultBranch(seed: Seed): Promise<void>;
  /** All branches and tags; `added` is one commit more, which the folder does not get. */
  push(seed: Seed & { readonly added?: AddedFile }): Promise<void>;
  readHistory(seed: Seed): Promise<History>;
  /** Full names of all branches and tags of a repository on the forge. */
  branches(source: Omit<Seed, "folder">): Promise<readonly string[]>;
  /** The files of a branch on the forge, as a tar archive. */
  archive(source: Omit<Seed, "folder"> & { readonly branch: string }): Promise<Uint8Array>;
}

export interface FirstCommit {
  readonly subject: string;
  readonly author: string;
  readonly date: Date;
  /** Paths and folders, relative to the repository. */
  readonly files: readonly string[];
}

export interface Description {
  readonly branch: string;
  /** Full names of all branches, and of all tags. */
  readonly branches: readonly string[];
  /** Its history ends before its first commit, so that no forge takes a push of it. */
  readonly isShallow: boolean;
  /** Names of the files below `.woodpecker/` on that branch, sorted. */
  readonly workflows: readonly string[];
  /** Workflow files, there and at the root, with their text. */
  readonly workflowFiles?: readonly TextFile[];
  /** Names at its root, and of the files in folders where other CIs look. */
  readonly names: readonly string[];
  /** Files of attributes that give some of its files to Git LFS. */
  readonly lfs: readonly string[];
  readonly submodules: readonly Submodule[];
}

export interface Seed {
  readonly folder: string;
  readonly url: string;
  /** `token` may also be the account's password. */
  readonly access: { readonly forgeUrl: string; readonly login: string; readonly token: string };
}

export interface AddedFile {
  readonly branch: string;
  readonly path: string;
  readonly text: string;
  readonly message: string;
}

export interface History {
  /** The commits of the default branch, newest first. */
  readonly commits: readonly {
    readonly sha: string;
    readonly author: string;
    readonly subject: string;
  }[];
  /** Every ref of the repository, by its full name. */
  readonly refs: ReadonlyMap<string, string>;
}
