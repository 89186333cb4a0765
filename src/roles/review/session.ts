/** Asks the harness about one head, part by part; the same rules for each. */

import type { BotTools, ProjectTools } from "../../bot/tools.ts";
import { parseBranch } from "../../core/work-branch.ts";
import { isBackendFault, type SessionEnd } from "../../ports/harness.ts";
import { type FileDiff, showHidden, splitDiff } from "./diff.ts";
import { formatComplaint, formatReviewPrompt, type ReviewRequest } from "./prompt.ts";
import { joinVerdicts, readVerdict, type Verdict } from "./verdict.ts";

export interface Assignment {
  readonly target: ProjectTools;
  readonly pull: {
    readonly number: number;
    readonly title: string;
    readonly head: string;
    readonly headSha: string;
  };
  readonly signal: AbortSignal;
}

export interface Reviewed {
  readonly files: readonly FileDiff[];
  readonly before: ReviewRequest["before"];
}

export type HeadVerdict =
  | { readonly type: "judged"; readonly verdict: Verdict }
  /** A person has to look at it. */
  | { readonly type: "refused"; readonly reason: string }
  /** The model's server is at fault: it costs the pull request nothing. */
  | { readonly type: "backend-away"; readonly reason: string }
  /** A budget of the project is used up for today; others may go on. */
  | { readonly type: "held"; readonly reason: string };

export async function judgeHead(
  tools: BotTools,
  assignment: Assignment,
  { files, before }: Reviewed,
): Promise<HeadVerdict> {
  const split = splitDiff(files);
  if (split.type === "refused") return split;
  const { number, title } = assignment.pull;
  const verdicts: Verdict[] = [];
  for (const [index, part] of split.parts.entries()) {
    const prompt = formatReviewPrompt(
      {
        pull: { number, title: showHidden(title) },
        part: showHidden(part),
        at: { number: index + 1, of: split.parts.length },
        paths: files.map(({ path }) => showHidden(path)),
        before,
      },
      assignment.target.project.prompts,
    );
    const judged = await judgePart(tools, assignment, prompt);
    if (judged.type !== "judged") return judged;
    verdicts.push(judged.verdict);
  }
  return { type: "judged", verdict: joinVerdicts(verdicts) };
}

/** What cannot be read is asked for once again; a session that failed as well. */
async function judgePart(
  tools: BotTools,
  assignment: Assignment,
  prompt: string,
): Promise<HeadVerdict> {
  const first = readEnd(await ask(tools, assignment, prompt));
  if (first.type !== "refused" || assignment.signal.aborted) return first;
  return readEnd(await ask(tools, assignment, formatComplaint(prompt, first.reason)));
}

function readEnd(end: SessionEnd): HeadVerdict {
  if (end.type === "failed") {
    if (end.fault === "budget" && end.of !== "request") return { type: "held", reason: end.reason };
    const type = isBackendFault(end.fault) && end.of !== "request" ? "backend-away" : "refused";
    return { type, reason: end.reason };
  }
  const reading = readVerdict(end.verdict);
  if (reading.type === "read") return { type: "judged", verdict: reading.verdict };
  return { type: "refused", reason: `the reviewer gave no valid verdict: ${reading.reason}` };
}

/** Whose work it is, where its branch says so: the review is a part of its price. */
function issueOf({ project }: ProjectTools, head: string): { readonly issue?: number } {
  const issue = parseBranch(project, head);
  return issue === undefined ? {} : { issue };
}

async function ask(
  tools: BotTools,
  { target, pull, signal }: Assignment,
  prompt: string,
): Promise<SessionEnd> {
  const name = `review-${pull.number}`;
  const folder = await target.folders.prepare(name, { branch: pull.head, sha: pull.headSha });
  try {
    const environment = { DISINTO_PULL: String(pull.number) };
    return await tools.harness.run({
      about: { project: target.project.name, pull: pull.number, ...issueOf(target, pull.head) },
      folder,
      prompt,
      environment,
      ...tools.sessionLimits,
      cache: target.cache,
      signal,
    });
  } finally {
    await target.folders.discard(name);
  }
}
