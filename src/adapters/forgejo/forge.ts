/** The forge port over Forgejo's REST API, as one identity. */
import * as z from "zod";
import type { RepoId } from "../../core/factory.ts";
import { isSameLogin } from "../../core/names.ts";
import { DisintoError } from "../../errors.ts";
import type { Forge, Issue, Issues, Pulls, Reviews, Statuses } from "../../ports/forge.ts";
import { ForgejoHttp } from "./http.ts";
import { MERGE_REFUSALS, readMergeAnswer } from "./merge-answer.ts";
import {
  ChangedFileShape,
  CommentShape,
  type CreatedStatus,
  DependencyShape,
  IssueShape,
  LabelShape,
  Login,
  PullShape,
  RepositoryShape,
  ReviewCommentShape,
  ReviewShape,
  StatusShape,
} from "./shapes.ts";
import { TimelineShape } from "./timeline-shape.ts";
import { findTokenOwner } from "./token-owner.ts";

interface ForgeOptions {
  readonly url: string;
  readonly token: string;
  readonly signal?: AbortSignal;
  /** Takes secrets out of every text that is sent: titles, comments, reviews, descriptions. */
  readonly redact?: (text: string) => string;
  /** Called for each request that is sent, a repetition too. */
  readonly onRequest?: () => void;
}

export function buildForge({ token, ...options }: ForgeOptions): Forge {
  return buildForgeOver(new ForgejoHttp({ ...options, proof: { token } }));
}

export function buildForgeOver(http: ForgejoHttp): Forge {
  return {
    whoami: (expected) => findTokenOwner(http, expected),
    // A collaborator's permission is told to administrators and to that collaborator only; who may be assigned is told to everybody, and is
    // who may write (models/repo/user_repo.go GetRepoAssignees; in an organisation, to any unit of the repository).
    writers: (repo) => http.get(`${pathOf(repo)}/assignees`, z.array(Login)),
    dependencies: async (repo, issue) => {
      const found = await http.list(
        `${pathOf(repo)}/issues/${issue}/dependencies`,
        DependencyShape,
      );
      return found.map(({ number, isOpen, owner, name }) =>
        owner === repo.owner && name === repo.name ? { number } : { number, isOpen },
      );
    },
    // All of it, where no page is asked for; null where nothing ever happened.
    timeline: async (repo, issue) => {
      const path = `${pathOf(repo)}/issues/${issue}/timeline`;
      const entries = await http.get(path, z.array(TimelineShape).nullable());
      return (entries ?? []).flatMap((event) => event ?? []);
    },
    issues: (repo) => buildIssues(http, pathOf(repo)),
    pulls: (repo) => buildPulls(http, pathOf(repo)),
    reviews: (repo) => buildReviews(http, pathOf(repo)),
    statuses: (repo) => buildStatuses(http, pathOf(repo)),
  };
}

export function pathOf({ owner, name }: RepoId): string {
  return `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
}

function buildIssues(http: ForgejoHttp, repo: string): Issues {
  const at = (number: number): string => `${repo}/issues/${number}`;
  const labelIds = async (names: readonly string[]): Promise<number[]> => {
    const known = await http.list(`${repo}/labels`, LabelShape);
    return known.filter(({ name }) => names.includes(name)).map(({ id }) => id);
  };
  return {
    listOpen: async (label) => {
      const query = new URLSearchParams({ state: "open", type: "issues" });
      if (label !== undefined) query.set("labels", label);
      const issues = await http.list(`${repo}/issues?${query}`, boundTexts());
      return issues.toSorted((a, b) => a.number - b.number);
    },
    get: (number) => http.get(at(number), IssueShape),
    open: async ({ title, body, labels }) => {
      const request = { title, body, labels: await labelIds(labels) };
      return http.write(`${repo}/issues`, { method: "POST", body: request }, IssueShape);
    },
    close: async (number) => {
      await http.send(at(number), { method: "PATCH", body: { state: "closed" } });
    },
    setAssignees: async (number, logins) => {
      await http.send(at(number), { method: "PATCH", body: { assignees: logins } });
    },
    relabel: async (number, { add, remove }) => {
      const ids = await labelIds(add);
      if (ids.length > 0)
        await http.send(`${at(number)}/labels`, { method: "POST", body: { labels: ids } });
      for (const id of await labelIds(remove)) {
        await http.send(`${at(number)}/labels/${id}`, { method: "DELETE", expect: [404] });
      }
    },
    comments: (number) => http.get(`${at(number)}/comments`, z.array(CommentShape)),
    comment: async (number, body) => {
      await http.send(`${at(number)}/comments`, { method: "POST", body: { body } });
    },
  };
}

const MAX_LISTED_TEXT = 32_000_000;

/** Who has no rights can put no label on: of such issues a listing keeps the texts only as far as memory is meant for them. */
function boundTexts() {
  let kept = 0;
  return IssueShape.transform((issue): Issue => {
    kept += issue.body.length;
    return kept > MAX_LISTED_TEXT && issue.labels.length === 0 ? { ...issue, body: "" } : issue;
  });
}

function buildPulls(http: ForgejoHttp, repo: string): Pulls {
  const at = (number: number): string => `${repo}/pulls/${number}`;
  return {
    listOpen: async () => {
      const pulls = await http
        .list(`${repo}/pulls?state=open`, PullShape)
        .catch((error: unknown) => noneWhereEmpty(http, repo, error));
      return pulls.toSorted((a, b) => a.number - b.number);
    },
    findClosed: async (head) => {
      const pulls = await http.list(`${repo}/pulls?state=closed`, PullShape);
      return pulls.filter((pull) => pull.head === head).sort((a, b) => b.number - a.number)[0];
    },
    get: (number) => http.get(at(number), PullShape),
    files: async (number) => (await http.list(`${at(number)}/files`, ChangedFileShape)).flat(),
    edit: async (number, change) => {
      await http.send(at(number), { method: "PATCH", body: change });
    },
    open: (pull) => http.write(`${repo}/pulls`, { method: "POST", body: pull }, PullShape),
    merge: async (number, headSha) => {
      const body = { Do: "fast-forward-only", head_commit_id: headSha };
      const expect = MERGE_REFUSALS;
      return readMergeAnswer(
        await http.send(`${at(number)}/merge`, { method: "POST", body, expect }),
      );
    },
  };
}

/** An empty repository has no such route: 404, as if it were not there. */
async function noneWhereEmpty(http: ForgejoHttp, repo: string, error: unknown): Promise<[]> {
  const isAbsent = error instanceof DisintoError && error.code === "forge.not-found";
  if (isAbsent && (await http.get(repo, RepositoryShape)).empty) return [];
  throw error;
}

const Approvals = z
  .object({ required_approvals: z.int() })
  .transform((branch) => branch.required_approvals);

const reviewEvents = { approved: "APPROVED", "changes-requested": "REQUEST_CHANGES" } as const;

function buildReviews(http: ForgejoHttp, repo: string): Reviews {
  const at = (pull: number): string => `${repo}/pulls/${pull}/reviews`;
  return {
    // Told to everybody, unlike the protection itself (services/convert/convert.go ToBranch).
    required: (branch) => {
      const name = branch.split("/").map(encodeURIComponent).join("/");
      return http.get(`${repo}/branches/${name}`, Approvals);
    },
    of: (pull) => http.list(at(pull), ReviewShape),
    commentsOf: async (pull, { id, author }) => {
      const all = await http.get(`${at(pull)}/${id}/comments`, z.array(ReviewCommentShape));
      return all.filter((one) => isSameLogin(one.author, author)).map(({ said }) => said);
    },
    submit: async (pull, { verdict, sha, body, comments }) => {
      const request = {
        event: reviewEvents[verdict],
        commit_id: sha,
        body,
        comments: comments.map((one) => ({
          path: one.path,
          body: one.body,
          new_position: one.line,
        })),
      };
      await http.send(at(pull), { method: "POST", body: request });
    },
  };
}

function buildStatuses(http: ForgejoHttp, repo: string): Statuses {
  return {
    of: async (sha, by) => {
      const newest = await listCombined(http, `${repo}/commits/${sha}/status`, sha);
      if (by === undefined || newest.every(({ creator }) => isSame(creator, by))) return newest;
      // Somebody else's answer lies over the one that counts.
      const all = await http.list(`${repo}/commits/${sha}/statuses?sort=highestindex`, StatusShape);
      const counted = all.filter(({ creator, commit }) => isSame(creator, by) && commit === sha);
      const latest = counted.toSorted((a, b) => a.id - b.id);
      return [...new Map(latest.map((status) => [status.context, status])).values()];
    },
    post: async (sha, { context, state, description }) => {
      await http.send(`${repo}/statuses/${sha}`, {
        method: "POST",
        body: { context, state, description },
      });
    },
  };
}

function isSame(creator: string, login: string): boolean {
  return creator.toLowerCase() === login.toLowerCase();
}

/** `statuses` is null, and the rest empty, on a commit that has none. */
const CombinedStatus = z
  .object({ statuses: z.array(StatusShape).nullish() })
  .transform(({ statuses }) => statuses ?? []);

const STATUS_PAGE = 50;

/**
 * Combined: the newest of each context, in pages (routers/api/v1/repo/status.go). A branch that is named like the commit is
 * found before it (services/context ResolveRefOrSha), so each status must say that it is of this commit.
 */
async function listCombined(http: ForgejoHttp, path: string, sha: string) {
  const all: CreatedStatus[] = [];
  for (let page = 1; page <= MAX_STATUS_PAGES; page++) {
    const part = await http.get(`${path}?page=${page}&limit=${STATUS_PAGE}`, CombinedStatus);
    all.push(...part.filter(({ commit }) => commit === sha));
    if (part.length < STATUS_PAGE) return all;
  }
  return all;
}

/** More contexts than any CI has: who posts more posts them in vain. */
const MAX_STATUS_PAGES = 20;
