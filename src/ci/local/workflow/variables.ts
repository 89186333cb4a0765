/** The `CI_…` variables of a run, as Woodpecker's documentation names them ("Environment variables"). Pure. */
import type { Trigger } from "./when.ts";

export interface RunFacts extends Trigger {
  readonly repo: { readonly owner: string; readonly name: string };
  readonly forgeUrl: string;
  readonly primaryBranch: string;
  readonly sha: string;
  readonly author: string;
  readonly authorEmail: string;
  readonly number: number;
  /** The number of the run that this one repeats; 0 for none. */
  readonly parent: number;
  readonly pull?: { readonly number: number; readonly head: string };
}

/** Longer lists are left out, as there. */
const MAX_FILES = 500;

export function deriveVariables(facts: RunFacts): Record<string, string> {
  const { repo, event, branch, message, changedFiles: files } = facts;
  const url = `${facts.forgeUrl}/${repo.owner}/${repo.name}`;
  const values: Record<string, string> = {
    CI: "woodpecker",
    CI_SYSTEM_NAME: "woodpecker",
    CI_FORGE_TYPE: "forgejo",
    CI_FORGE_URL: facts.forgeUrl,
    CI_REPO: `${repo.owner}/${repo.name}`,
    CI_REPO_OWNER: repo.owner,
    CI_REPO_NAME: repo.name,
    CI_REPO_URL: url,
    CI_REPO_CLONE_URL: `${url}.git`,
    CI_REPO_DEFAULT_BRANCH: facts.primaryBranch,
    CI_COMMIT_SHA: facts.sha,
    CI_COMMIT_BRANCH: branch,
    CI_COMMIT_MESSAGE: message,
    CI_COMMIT_AUTHOR: facts.author,
    CI_COMMIT_AUTHOR_EMAIL: facts.authorEmail,
    CI_PIPELINE_NUMBER: String(facts.number),
    CI_PIPELINE_PARENT: String(facts.parent),
    CI_PIPELINE_EVENT: event,
    CI_PIPELINE_AUTHOR: facts.author,
    ...(files.length <= MAX_FILES && { CI_PIPELINE_FILES: JSON.stringify(files) }),
    ...describeRef(facts),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

function describeRef({ branch, pull }: RunFacts): Record<string, string> {
  if (!pull) return { CI_COMMIT_REF: `refs/heads/${branch}` };
  return {
    CI_COMMIT_REF: `refs/pull/${pull.number}/head`,
    CI_COMMIT_REFSPEC: `${pull.head}:${branch}`,
    CI_COMMIT_SOURCE_BRANCH: pull.head,
    CI_COMMIT_TARGET_BRANCH: branch,
    CI_COMMIT_PULL_REQUEST: String(pull.number),
  };
}
