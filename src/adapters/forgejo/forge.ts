/** The forge port over Forgejo's REST API, as one identity. */
import * as z from "zod";
import type { RepoId } from "../../core/factory.ts";
import type { Forge, Issues, MergeAnswer, Pulls, Statuses } from "../../ports/forge.ts";
import { ForgejoHttp } from "./http.ts";
import {
  CommentShape,
  IssueShape,
  LabelShape,
  Login,
  PullShape,
  ReviewShape,
  StatusShape,
} from "./shapes.ts";

interface ForgeOptions {
  readonly url: string;
  readonly token: string;
  readonly signal?: AbortSignal;
  /** Takes secrets out of every text that is sent: titles, comments, reviews, descriptions. */
  readonly redact?: (text: string) => string;
}

export function buildForge({ url, token, signal, redact }: ForgeOptions): Forge {
  return buildForgeOver(new ForgejoHttp({ url, proof: { token }, signal, redact }));
}

export function buildForgeOver(http: ForgejoHttp): Forge {
  return {
    whoami: () => http.get("/user", Login),
    // A collaborator's permission is told to administrators only; who may be assigned is told to everybody, and is
    // who may write (models/repo/user_repo.go GetRepoAssignees; in an organisation, to any unit of the repository).
    writers: (repo) => http.get(`${pathOf(repo)}/assignees`, z.array(Login)),
    issues: (repo) => buildIssues(http, pathOf(repo)),
    pulls: (repo) => buildPulls(http, pathOf(repo)),
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
      const query = new URLSearchParams({ state: "open", type: "issues", labels: label });
      const issues = await http.list(`${repo}/issues?${query}`, IssueShape);
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

const reviewEvents = { approved: "APPROVED", "changes-requested": "REQUEST_CHANGES" } as const;

function buildPulls(http: ForgejoHttp, repo: string): Pulls {
  const at = (number: number): string => `${repo}/pulls/${number}`;
  return {
    listOpen: async () => {
      const pulls = await http.list(`${repo}/pulls?state=open`, PullShape);
      return pulls.toSorted((a, b) => a.number - b.number);
    },
    get: (number) => http.get(at(number), PullShape),
    open: (pull) => http.write(`${repo}/pulls`, { method: "POST", body: pull }, PullShape),
    close: async (number) => {
      await http.send(at(number), { method: "PATCH", body: { state: "closed" } });
    },
    diff: async (number) => (await http.send(`${at(number)}.diff`)).text,
    reviews: (number) => http.list(`${at(number)}/reviews`, ReviewShape),
    review: async (number, { verdict, sha, body }) => {
      const request = { event: reviewEvents[verdict], commit_id: sha, body };
      await http.send(`${at(number)}/reviews`, { method: "POST", body: request });
    },
    merge: async (number, headSha) =>
      readMergeAnswer(await sendMerge(http, `${at(number)}/merge`, headSha)),
  };
}

function sendMerge(http: ForgejoHttp, path: string, headSha: string) {
  const body = { Do: "fast-forward-only", head_commit_id: headSha };
  return http.send(path, { method: "POST", body, expect: [405, 409] });
}

/** 405: a rule is not met; 409: head or base moved, or a conflict (Forgejo routers/api/v1/repo/pull.go, MergePullRequest). */
function readMergeAnswer({ status, text }: { status: number; text: string }): MergeAnswer {
  return status === 200
    ? { type: "accepted" }
    : { type: "refused", reason: `${status}: ${text.slice(0, 500)}` };
}

function buildStatuses(http: ForgejoHttp, repo: string): Statuses {
  return {
    of: (sha) => http.get(`${repo}/commits/${sha}/status`, CombinedStatus),
    post: async (sha, { context, state, description }) => {
      await http.send(`${repo}/statuses/${sha}`, {
        method: "POST",
        body: { context, state, description },
      });
    },
  };
}

/** `statuses` is null, and the rest empty, on a commit that has none. */
const CombinedStatus = z
  .object({ statuses: z.array(StatusShape).nullish() })
  .transform(({ statuses }) => statuses ?? []);
