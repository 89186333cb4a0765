/** The review bot: one formal review per head sha, of the whole change, never of its own work. */
import * as z from "zod";
import type { Pull } from "../ports/forge.ts";
import type { SessionEnd } from "../ports/harness.ts";
import { formatReviewPrompt } from "./prompt.ts";
import type { BotTools, ProjectTools } from "./tools.ts";

/** Longer changes are not shown whole to a model; such a pull request waits for a person. */
const MAX_DIFF_CHARACTERS = 400_000;

/** False: there was nothing to review. `reviewed` remembers the last head seen of each pull request. */
export async function reviewNext(
  tools: BotTools,
  reviewed: Map<string, string>,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const { target, pull } of findUnreviewed(tools, reviewed)) {
    const did = await review(tools, { target, pull, signal });
    if (signal.aborted) return false;
    if (did !== "head-moved") reviewed.set(keyOf(target, pull), pull.headSha);
    if (did === "reviewed") return true;
  }
  return false;
}

async function* findUnreviewed(tools: BotTools, reviewed: Map<string, string>) {
  for (const target of tools.projects.values()) {
    const open = await target.pulls.listOpen();
    for (const pull of open.filter((one) => isCandidate(tools, target, one))) {
      const key = keyOf(target, pull);
      if (reviewed.get(key) === pull.headSha) continue;
      if (await hasReview(tools, target, pull)) reviewed.set(key, pull.headSha);
      else yield { target, pull };
    }
  }
}

function isCandidate(
  { user }: BotTools,
  { project }: ProjectTools,
  { author, base }: Pull,
): boolean {
  return author !== user && base === project.primaryBranch;
}

function keyOf({ project }: ProjectTools, { number }: Pull): string {
  return `${project.name}#${number}`;
}

async function hasReview(
  { user }: BotTools,
  { pulls }: ProjectTools,
  pull: Pull,
): Promise<boolean> {
  const reviews = await pulls.reviews(pull.number);
  return reviews.some(({ author, sha }) => author === user && sha === pull.headSha);
}

interface Assignment {
  readonly target: ProjectTools;
  readonly pull: Pull;
  readonly signal: AbortSignal;
}

type ReviewEnd = "reviewed" | "refused" | "head-moved";

async function review(tools: BotTools, assignment: Assignment): Promise<ReviewEnd> {
  const { mirror, project, pulls } = assignment.target;
  const { pull, signal } = assignment;
  const refs = await mirror.refresh();
  const base = refs.get(`refs/heads/${project.primaryBranch}`);
  if (!base || refs.get(`refs/heads/${pull.head}`) !== pull.headSha) return "head-moved";
  const diff = await mirror.objects.diff(base, pull.headSha);
  const judged: Judged =
    diff.length > MAX_DIFF_CHARACTERS
      ? { refused: "the change is too long to be seen whole" }
      : readVerdict(await askHarness(tools, assignment, formatReviewPrompt(pull, diff)));
  if (signal.aborted) return "refused";
  if ("refused" in judged) {
    report(tools, assignment, `refused: ${judged.refused}`);
    return "refused";
  }
  await pulls.review(pull.number, { sha: pull.headSha, ...judged });
  report(tools, assignment, judged.verdict);
  return "reviewed";
}

async function askHarness(
  tools: BotTools,
  { target, pull, signal }: Assignment,
  prompt: string,
): Promise<SessionEnd> {
  const name = `review-${pull.number}`;
  const folder = await target.folders.prepare(name, { branch: pull.head, sha: pull.headSha });
  try {
    const environment = { DISINTO_PULL: String(pull.number) };
    return await tools.harness.run({
      about: { project: target.project.name, pull: pull.number },
      folder,
      prompt,
      environment,
      ...tools.sessionLimits,
      signal,
    });
  } finally {
    await target.folders.discard(name);
  }
}

function report({ events }: BotTools, { target, pull }: Assignment, verdict: string): void {
  events.append({
    type: "pull.reviewed",
    project: target.project.name,
    pull: pull.number,
    sha: pull.headSha,
    verdict,
  });
}

const Verdict = z.object({
  verdict: z.enum(["approve", "request-changes"]),
  body: z.string().default(""),
});
const verdicts = { approve: "approved", "request-changes": "changes-requested" } as const;

type Judged =
  | { readonly verdict: "approved" | "changes-requested"; readonly body: string }
  | { readonly refused: string };

/** A verdict counts only when the harness wrote it down in the agreed form; silence is never an approval. */
export function readVerdict(end: SessionEnd): Judged {
  if (end.type === "failed") return { refused: end.reason };
  const parsed = Verdict.safeParse(end.verdict);
  if (!parsed.success) return { refused: "the reviewer wrote no verdict" };
  return { verdict: verdicts[parsed.data.verdict], body: parsed.data.body };
}
