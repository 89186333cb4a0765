/** What one identity may do on the forge with its own token. */
import type { RepoId } from "../core/factory.ts";

export interface Forge {
  /** Login of the token's owner. A token that is limited to repositories only proves that it is the expected user's. */
  whoami(expected?: ExpectedOwner): Promise<string>;
  /** Logins of all who may write code in the repository. */
  writers(repo: RepoId): Promise<readonly string[]>;
  /** What the forge itself records that an issue waits for. */
  dependencies(repo: RepoId, issue: number): Promise<readonly Dependency[]>;
  /** Who did what to an issue or a pull request, oldest first; what is no event of ours is left out. */
  timeline(repo: RepoId, issue: number): Promise<readonly TimelineEvent[]>;
  issues(repo: RepoId): Issues;
  pulls(repo: RepoId): Pulls;
  reviews(repo: RepoId): Reviews;
  statuses(repo: RepoId): Statuses;
}

export interface ExpectedOwner {
  readonly login: string;
  /** A repository that the token reaches and that is not the user's own. */
  readonly repo: RepoId;
}

export interface Dependency {
  readonly number: number;
  /** Set only for another repository's issue, which no listing of this one contains. */
  readonly isOpen?: boolean;
}

/** The forge's own record of an act: the number grows with time, and its author cannot be made up. */
export type TimelineEvent = {
  readonly id: number;
  readonly author: string;
  /** ISO 8601, whole seconds. */
  readonly at: string;
} & (
  | { readonly type: "label-added" | "label-removed"; readonly label: string }
  | { readonly type: "assigned" | "unassigned"; readonly login: string }
  | { readonly type: "closed" | "reopened" | "merged" | "pushed" | "locked" | "unlocked" }
  | { readonly type: "retitled"; readonly title: string }
  | { readonly type: "retargeted"; readonly base: string }
  | { readonly type: "commented"; readonly body: string }
);

export interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly state: "open" | "closed";
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  /** Only who may write code can comment. */
  readonly isLocked?: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Issues {
  /** All open issues (with the label), to the last page, oldest first; pull requests are not issues here. */
  listOpen(label?: string): Promise<readonly Issue[]>;
  get(number: number): Promise<Issue>;
  open(issue: { title: string; body: string; labels: readonly string[] }): Promise<Issue>;
  close(number: number): Promise<void>;
  /** The lease's mirror for people; never read to decide who holds an issue. */
  setAssignees(number: number, logins: readonly string[]): Promise<void>;
  relabel(
    number: number,
    change: { add: readonly string[]; remove: readonly string[] },
  ): Promise<void>;
  comments(number: number): Promise<readonly { author: string; body: string }[]>;
  comment(number: number, body: string): Promise<void>;
}

export interface Pull {
  readonly number: number;
  readonly title: string;
  readonly author: string;
  readonly state: "open" | "closed";
  readonly merged: boolean;
  /** Branch name without `refs/heads/`. */
  readonly head: string;
  readonly headSha: string;
  readonly base: string;
  /** The current head of the base branch. */
  readonly baseSha: string;
  /** Its author has the address that bots of disinto have. */
  readonly isByBot?: boolean;
  /** As the forge reads its title. */
  readonly isDraft?: boolean;
  readonly labels?: readonly string[];
}

export interface Pulls {
  /** All open pull requests, to the last page, lowest number first. */
  listOpen(): Promise<readonly Pull[]>;
  /** The newest closed or merged pull request of a branch of the same repository. */
  findClosed(head: string): Promise<Pull | undefined>;
  get(number: number): Promise<Pull>;
  /** Paths that its page shows as changed; of a renamed file both. */
  files(number: number): Promise<readonly string[]>;
  open(pull: { title: string; body: string; head: string; base: string }): Promise<Pull>;
  edit(number: number, change: PullEdit): Promise<void>;
  /** Fast-forward-only with the expected head: a compare-and-swap on the base branch. */
  merge(number: number, headSha: string): Promise<MergeAnswer>;
}

export interface PullEdit {
  readonly title?: string;
  readonly state?: Pull["state"];
}

/**
 * `refused` carries the forge's words and what they mean; the caller reads the pull request back before it
 * believes either.
 */
export type MergeAnswer =
  | { readonly type: "accepted" }
  | { readonly type: "refused"; readonly cause: MergeRefusal; readonly reason: string };

/** Why a forge does not merge. */
export type MergeRefusal =
  /** Head or base is not where it was, or the head is behind. */
  | "moved"
  | "conflict"
  /** The forge is still working out whether it can be merged, or failed at it: later may be better. */
  | "not-ready"
  | "checks"
  | "approvals"
  | "changes-requested"
  | "protected-files"
  /** Marked as work in progress. */
  | "draft"
  /** An issue or pull request that it depends on is open. */
  | "dependencies"
  /** This user may not, this way of merging is not allowed, signatures are asked for, the repository is archived. */
  | "forbidden";

export interface Review {
  readonly id: number;
  readonly author: string;
  readonly verdict: "approved" | "changes-requested" | "commented";
  readonly sha: string;
  readonly body: string;
  readonly stale: boolean;
  readonly dismissed: boolean;
  /** Counts towards the required approvals. */
  readonly official: boolean;
}

/** A remark on one line of the new file. */
export interface LineComment {
  readonly path: string;
  readonly line: number;
  readonly body: string;
}

export interface NewReview {
  readonly verdict: "approved" | "changes-requested";
  readonly sha: string;
  readonly body: string;
  readonly comments: readonly LineComment[];
}

export interface Reviews {
  /** How many approvals a merge into the branch needs; of a branch without protection 0. */
  required(branch: string): Promise<number>;
  /** All, oldest first. */
  of(pull: number): Promise<readonly Review[]>;
  /** Its author's own: whoever may read can hang one on another's review. */
  commentsOf(pull: number, review: Pick<Review, "id" | "author">): Promise<readonly LineComment[]>;
  submit(pull: number, review: NewReview): Promise<void>;
}

export type CheckState = "pending" | "success" | "failure";

export interface Status {
  readonly context: string;
  readonly state: CheckState;
  readonly description: string;
  /** A page about it, where it has one. */
  readonly target?: string;
}

export interface Statuses {
  /** The newest status of each context on a commit; with `by`, the newest of each that this user posted. */
  of(sha: string, by?: string): Promise<readonly Status[]>;
  post(sha: string, status: Status): Promise<void>;
}
