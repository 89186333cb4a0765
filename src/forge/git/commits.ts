/** Commits, and the files that they change, as Forgejo shows them. */
import type { ForgeContext } from "../forge.ts";
import { repositoryUrl } from "../http/shapes.ts";
import type { RepositoryRow } from "../store/rows.ts";
import { findUserByEmail } from "../users/users.ts";
import type { GitRepository } from "./repository.ts";

interface Signature {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

const format = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x00%x01";

export async function readCommit(git: GitRepository, sha: string): Promise<Commit> {
  const [commit] = parseCommits(await git.read(["log", "--max-count=1", format, sha, "--"]));
  if (!commit) throw new Error(`${sha} is no commit`);
  return commit;
}

function parseCommits(text: string): Commit[] {
  return text.split("\0\u0001").flatMap((entry) => {
    const fields = entry.replace(/^\n/, "").split("\0");
    return fields.length < 10 ? [] : [toCommit(fields)];
  });
}

function toCommit(fields: readonly string[]): Commit {
  const [sha = "", tree = "", parents = "", ...rest] = fields;
  const [an = "", ae = "", aI = "", cn = "", ce = "", cI = "", message = ""] = rest;
  return {
    sha,
    tree,
    parents: parents.split(" ").filter((parent) => parent !== ""),
    author: { name: an, email: ae, date: goTime(aI) },
    committer: { name: cn, email: ce, date: goTime(cI) },
    message,
  };
}

function goTime(text: string): string {
  return text.replace(/\+00:00$/, "Z");
}

const unsigned = {
  verified: false,
  reason: "gpg.error.not_signed_commit",
  signature: "",
  signer: null,
  payload: "",
};

/** structs.PayloadCommit, the short form inside a branch. */
export function payloadCommitShape(forge: ForgeContext, repository: RepositoryRow, commit: Commit) {
  return {
    id: commit.sha,
    message: commit.message,
    url: `${repositoryUrl(forge, repository)}/commit/${commit.sha}`,
    author: payloadUser(forge, commit.author),
    committer: payloadUser(forge, commit.committer),
    verification: unsigned,
    timestamp: commit.author.date,
    added: null,
    removed: null,
    modified: null,
  };
}

function payloadUser(forge: ForgeContext, { name, email }: Signature) {
  return { name, email, username: findUserByEmail(forge.db, email)?.login ?? "" };
}

export interface FileChange {
  readonly filename: string;
  readonly previous: string;
  /** git's letter: A, C, D, M, R, T. */
  readonly status: string;
  readonly additions: number;
  readonly deletions: number;
}

export async function fileChanges(
  git: GitRepository,
  { from, to, renames }: { from: string; to: string; renames: boolean },
): Promise<FileChange[]> {
  const how = renames ? "-M" : "--no-renames";
  const text = await git.read(["diff", "--raw", "--numstat", "-z", how, from, to, "--"]);
  const tokens = text.split("\0");
  const letters = readLetters(tokens);
  return readCounts(tokens).map((change) => ({
    ...change,
    status: letters.get(change.filename) ?? "M",
  }));
}

/** `:100644 100644 <sha> <sha> M`, then one name, or two after R and C. */
function readLetters(tokens: readonly string[]): Map<string, string> {
  return new Map(
    tokens.flatMap((token, at) => {
      const letter = /^:.* ([A-Z])\d*$/.exec(token)?.[1];
      if (letter === undefined) return [];
      const name = tokens[at + (letter === "R" || letter === "C" ? 2 : 1)] ?? "";
      return [[name, letter] as const];
    }),
  );
}

/** `3\t1\tname`, or `3\t1\t` and two names after a rename; `-` for a binary file. */
function readCounts(tokens: readonly string[]): Omit<FileChange, "status">[] {
  return tokens.flatMap((token, at) => {
    const [, added, deleted, name = ""] = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(token) ?? [];
    if (added === undefined) return [];
    const names =
      name === ""
        ? { previous: tokens[at + 1] ?? "", filename: tokens[at + 2] ?? "" }
        : { previous: "", filename: name };
    return [{ ...names, additions: Number(added) || 0, deletions: Number(deleted) || 0 }];
  });
}
