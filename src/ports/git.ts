/** Git as the runner needs it: its own bare mirror of one project, and folders for the harness. */

import type { Submodule } from "../core/submodules.ts";

/** Full ref name (`refs/heads/main`) → commit sha, as the forge has them. */
export type Refs = ReadonlyMap<string, string>;

/** One ref's compare-and-swap; `undefined` is absence on either side. */
export interface Swap {
  readonly ref: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** `refused` holds the words of who said no; with a 500 it may not have meant it. */
export type SwapAnswer =
  | "applied"
  | "unclear"
  | { readonly refused: string; readonly isServerError?: boolean };

export interface Author {
  readonly name: string;
  readonly email: string;
}

export interface CommitRequest {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Author;
  /** ISO 8601. The same request makes the same commit, so a repeated activity repeats no work. */
  readonly at: string;
}

export type TreeMerge =
  | { readonly type: "clean"; readonly tree: string }
  /** The tree holds conflict marks in the named files. */
  | { readonly type: "conflicted"; readonly tree: string; readonly files: readonly string[] };

export interface Mirror {
  /** Fetches branches and leases, cloning anew when the mirror is missing or damaged. */
  refresh(): Promise<Refs>;
  /** What the forge has now, without fetching. */
  readRefs(patterns: readonly string[]): Promise<Refs>;
  /** Fetches only what `pattern` names, which ends in a star, and answers it. */
  fetchRefs(pattern: string): Promise<Refs>;
  /**
   * All swaps or none, on the forge. `unclear` says only that no clean success was heard: read the refs to learn
   * which of them stands, for a refusal alone proves nothing. Refused: the same, and the server, or what stands before
   * it, said no.
   */
  swap(swaps: readonly Swap[]): Promise<SwapAnswer>;
  /** Addresses of who made the commits that `to` has and `from` has not. */
  authorsOf(from: string, to: string): Promise<readonly string[]>;
  readonly objects: Objects;
  readonly files: FileReader;
  /** Returns true if it was damaged, and is cloned anew; commits that were never pushed are gone. */
  repair(): Promise<boolean>;
  /** Drops what nothing needs any more. */
  compact(): Promise<void>;
  sizeBytes(): Promise<number>;
}

/** Commits and trees in the mirror; nothing here talks to the forge. */
export interface Objects extends Diffs, Contents {
  commit(request: CommitRequest): Promise<string>;
  /** A parentless commit of the empty tree that carries a text: what a lease is made of. */
  note(message: string): Promise<string>;
  readMessage(sha: string): Promise<string>;
  treeOf(sha: string): Promise<string>;
  /** What this commit brings to the forge, as far as the mirror knows the forge. */
  newBytes(sha: string): Promise<number>;
  mergeTrees(ours: string, theirs: string): Promise<TreeMerge>;
  contains(descendant: string, ancestor: string): Promise<boolean>;
  /** Paths that differ between two commits or trees. */
  changedPaths(from: string, to: string): Promise<readonly string[]>;
}

export interface Diffs {
  /** What `to` changes since it left `from`, whole. */
  diff(from: string, to: string): Promise<string>;
  /** The same of one file, whatever either side calls it. */
  diffOf(file: string, ends: { readonly from: string; readonly to: string }): Promise<string>;
}

export interface FileReader {
  /** Regular files of a commit that these paths name, or that are in folders of these names. */
  read(sha: string, paths: readonly string[]): Promise<readonly TextFile[]>;
}

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** What a commit has that a repository alone does not hold. */
export interface Contents {
  /** Files of attributes that give some of its files to Git LFS. */
  lfsAttributes(sha: string): Promise<readonly string[]>;
  submodules(sha: string): Promise<readonly Submodule[]>;
}

export type Collected =
  | { readonly type: "collected"; readonly tree: string }
  | { readonly type: "refused"; readonly reason: string };

interface WorkStart {
  readonly branch: string;
  readonly sha: string;
  /** Their files, without a repository of their own: they are there to be read. */
  readonly submodules?: readonly FetchedSubmodule[];
}

/** The submodules of commits, fetched into the mirror. */
export interface Submodules {
  /** Fetches the submodules of this commit, and theirs in turn. */
  fetch(sha: string): Promise<readonly FetchedSubmodule[]>;
}

export interface FetchedSubmodule {
  /** From the root of the repository. */
  readonly path: string;
  readonly sha: string;
  /** Why it is not there. */
  readonly refused?: string;
}

/** Folders in which a harness may do anything; git never runs on the harness's own repository. */
export interface WorkFolders {
  /** A fresh folder with its own repository, on `branch` at `sha`; whatever was there before is gone. */
  prepare(name: string, at: WorkStart): Promise<string>;
  /** What stands in the folder now, as a tree in the mirror; refused when it holds what no harness may add. */
  collect(name: string, base: string): Promise<Collected>;
  discard(name: string): Promise<void>;
  /** What is there, of this life or an earlier one. */
  list(): Promise<readonly FolderUse[]>;
}

export interface FolderUse {
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly changedAtMs: number;
}
